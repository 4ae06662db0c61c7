import { defineEntity, p } from '@mikro-orm/core'
import { id, instant, jsonObject } from './columns.ts'

const ConnectionDestinationSchema = defineEntity({
  name: 'ConnectionDestination',
  tableName: 'connection_destinations',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    connectionId: p.uuid(),
    /** The platform's id: of a board, of a subreddit. */
    remoteId: p.text(),
    kind: p.text(),
    name: p.text(),
    handle: p.text().nullable(),
    imageUrl: p.text().nullable(),
    canPost: p.boolean(),
    reason: p.text().nullable(),
    detail: jsonObject(),
    /** As the platform orders them. */
    position: p.integer(),
    fetchedAt: instant().defaultRaw('now()'),
  },
  uniques: [
    { name: 'connection_destinations_tenant_id_id_unique', properties: ['tenantId', 'id'] },
    {
      name: 'connection_destinations_remote_unique',
      properties: ['tenantId', 'connectionId', 'kind', 'remoteId'],
    },
  ],
  rowLevelSecurity: 'force',
})

/** A place within an account that a post may go to, as it was last read from the platform. */
export class ConnectionDestination extends ConnectionDestinationSchema.class {}
ConnectionDestinationSchema.setClass(ConnectionDestination)
