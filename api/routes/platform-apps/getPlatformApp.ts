import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { platformApp } from '../../contract/schemas/platform-apps.ts'
import { answerApp } from '../../platform-apps/read-app.ts'

export const getPlatformApp = defineOperation({
  id: 'getPlatformApp',
  method: 'get',
  path: '/v1/platform-apps/{id}',
  summary: 'Read an app; its secrets are never answered',
  tags: ['platform-apps'],
  access: 'platform_apps:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The app.', content: platformApp, etag: true },
  errors: ['not_found'],
  handler: (context) =>
    context.deps.db.withTenant(context.actor.tenantId, (em) =>
      answerApp(context, em, context.params.id),
    ),
})
