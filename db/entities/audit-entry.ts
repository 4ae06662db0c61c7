import { defineEntity, p } from '@mikro-orm/core'
import { id, instant, jsonObject } from './columns.ts'

const AuditEntrySchema = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_log',
  properties: {
    id: id(),
    tenantId: p.uuid(),
    at: instant().defaultRaw('now()'),
    actorType: p.text(),
    actorId: p.text().nullable(),
    action: p.text(),
    resourceType: p.text().nullable(),
    resourceId: p.text().nullable(),
    requestId: p.text().nullable(),
    ip: p.text().nullable(),
    detail: jsonObject(),
  },
  indexes: [
    {
      name: 'audit_log_at_index',
      columns: [{ name: 'tenant_id' }, { name: 'at', sort: 'DESC' }, { name: 'id' }],
    },
    {
      name: 'audit_log_resource_index',
      properties: ['tenantId', 'resourceType', 'resourceId'],
    },
  ],
  uniques: [{ name: 'audit_log_tenant_id_id_unique', properties: ['tenantId', 'id'] }],
  rowLevelSecurity: 'force',
})

export class AuditEntry extends AuditEntrySchema.class {}
AuditEntrySchema.setClass(AuditEntry)
