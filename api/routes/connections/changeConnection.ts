import { changeConnectionRow } from '../../connect/change-connection.ts'
import { checkConnectionSettings } from '../../connect/check-settings.ts'
import { answerConnection, findConnection } from '../../connect/read-connection.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { changeConnectionBody, connection } from '../../contract/schemas/connections.ts'
import { kickConnection } from '../../kick.ts'

export const changeConnection = defineOperation({
  id: 'changeConnection',
  method: 'patch',
  path: '/v1/connections/{id}',
  summary: 'Change the label, settings or switch of a connection',
  description:
    'An account that is switched off stays connected and publishes nothing. `settings` are defaults of its targets’ settings, besides `default_board_id` (pinterest) and `default_subreddit` (reddit).',
  tags: ['connections'],
  access: 'connections:write',
  audit: { action: 'connection.changed', resource: 'connection' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: changeConnectionBody,
  success: { status: 200, description: 'The connection.', content: connection, etag: true },
  errors: ['not_found', 'precondition_failed', 'validation_failed'],
  async handler(context) {
    const { deps, actor, body, ifMatch: expectedRevision } = context
    const { tenantId } = actor
    const { id } = context.params
    const { settings } = body
    const fields = {
      name: body.name,
      notes: body.notes,
      isActive: body.is_active,
      settings,
      syncFrequencyMinutes: body.sync_frequency_minutes,
    }
    const { changed, outboxId } = await deps.db.withTenant(tenantId, async (em) => {
      const { platform } = await findConnection(context, em, id)
      if (settings !== undefined) checkConnectionSettings(context, platform, settings)
      em.clear()
      const outboxId = await changeConnectionRow(context, em, { id, expectedRevision, fields })
      await context.audit(em, id, { fields: Object.keys(body) })
      return { changed: await answerConnection(context, em, id), outboxId }
    })
    await kickConnection(deps, tenantId, id, { outboxId, isNew: false })
    return { body: changed, revision: changed.revision }
  },
})
