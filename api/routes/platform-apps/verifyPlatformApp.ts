import { markVerified } from '../../../db/repositories/platform-apps.ts'
import { auditingFailure } from '../../connect/audit-failure.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { platformApp } from '../../contract/schemas/platform-apps.ts'
import { answerApp, readApp } from '../../platform-apps/read-app.ts'
import { verifyApp } from '../../platform-apps/verify-app.ts'

export const verifyPlatformApp = defineOperation({
  id: 'verifyPlatformApp',
  method: 'post',
  path: '/v1/platform-apps/{id}/verify',
  summary: 'Ask the platform whether it knows the app’s credentials',
  description:
    'Without any person’s account. Answers the app: `verified_at` when the platform took them, `verify_error` when it refused them.',
  tags: ['platform-apps'],
  access: 'platform_apps:write',
  audit: { action: 'platform_app.verified', resource: 'platform_app' },
  idempotency: 'key',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The app.', content: platformApp, etag: true },
  errors: ['not_found', 'platform_unsupported', 'platform_unavailable'],
  async handler(context) {
    const { deps, actor } = context
    const { id } = context.params
    const app = await readApp(context, id)
    const { platform } = app
    const entry = { action: 'platform_app.verify_failed', resource: 'platform_app', resourceId: id }
    const verdict = await auditingFailure(context, { ...entry, detail: { platform } }, () =>
      verifyApp(context, app),
    )
    return deps.db.withTenant(actor.tenantId, async (em) => {
      await markVerified(em, id, verdict)
      await context.audit(em, id, { platform, code: verdict.verifyError?.code })
      return answerApp(context, em, id)
    })
  },
})
