import {
  deletePlatformApp as deleteRow,
  lockPlatformApp,
} from '../../../db/repositories/platform-apps.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { assertUnused } from '../../platform-apps/write-app.ts'

export const deletePlatformApp = defineOperation({
  id: 'deletePlatformApp',
  method: 'delete',
  path: '/v1/platform-apps/{id}',
  summary: 'Remove an app that no connected account lives by',
  description: 'Consents that were begun with it end.',
  tags: ['platform-apps'],
  access: 'platform_apps:write',
  audit: { action: 'platform_app.deleted', resource: 'platform_app' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 204, description: 'It is gone.', content: 'empty' },
  errors: ['not_found', 'precondition_failed', 'platform_app_in_use'],
  async handler(context) {
    const { deps, actor, ifMatch } = context
    const { id } = context.params
    await deps.db.withTenant(actor.tenantId, async (em) => {
      // With its lock: no consent can begin to use it any more.
      const row = await lockPlatformApp(em, id)
      if (row === undefined) throw context.fail('not_found')
      if (ifMatch !== undefined && ifMatch !== row.revision)
        throw context.fail('precondition_failed')
      await assertUnused(context, em, id)
      await deleteRow(em, id)
      await context.audit(em, id, { platform: row.platform })
    })
    return {}
  },
})
