import { defineEntity, p } from '@mikro-orm/core'
import { id, instant, jsonObject, seq } from './columns.ts'

const ConnectionEventSchema = defineEntity({
  name: 'ConnectionEvent',
  tableName: 'connection_events',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    connectionId: p.uuid(),
    seq: seq(),
    type: p.text(),
    detail: jsonObject(),
    actorId: p.text().nullable(),
    at: instant().defaultRaw('now()'),
  },
  uniques: [
    { name: 'connection_events_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    { name: 'connection_events_seq_unique', properties: ['tenantId', 'connectionId', 'seq'] },
  ],
  rowLevelSecurity: 'force',
})

export class ConnectionEvent extends ConnectionEventSchema.class {}
ConnectionEventSchema.setClass(ConnectionEvent)
