import { z } from 'zod'
import { instant, instantInput, jsonObject, pageOf, pageQuery, uuid } from './common.ts'

/** Who did what, and when. `detail` has ids and codes, never a secret. */
export const auditEntry = z
  .strictObject({
    id: uuid,
    at: instant,
    actor_type: z.string().meta({ description: 'api_key, user, workflow, system, anonymous' }),
    actor_id: z.string().nullable(),
    action: z.string().meta({ example: 'connection.connected' }),
    resource: z.string().nullable(),
    resource_id: z.string().nullable(),
    request_id: z.string().nullable(),
    ip: z.string().nullable(),
    detail: jsonObject,
  })
  .meta({ id: 'AuditEntry' })

/** Newest first; `next_cursor` is null on the last page. */
export const auditPage = pageOf(auditEntry).meta({ id: 'AuditPage' })

const word = z.string().min(1).max(200)

/** Filters are joined by AND. `to` is exclusive, so that adjoining ranges share no entry. */
export const auditQuery = z.strictObject({
  ...pageQuery,
  action: word.optional().meta({ example: 'connection.connect_failed' }),
  actor_id: word.optional().meta({ description: 'Id of a key or of a user.' }),
  resource: word.optional().meta({ example: 'connection' }),
  resource_id: word.optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
})
