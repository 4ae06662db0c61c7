import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { createPlatformAppBody, platformApp } from '../../contract/schemas/platform-apps.ts'
import { answerApp } from '../../platform-apps/read-app.ts'
import { takeAppCredentials } from '../../platform-apps/take-app-credentials.ts'
import { createApp } from '../../platform-apps/write-app.ts'

export const createPlatformApp = defineOperation({
  id: 'createPlatformApp',
  method: 'post',
  path: '/v1/platform-apps',
  summary: 'Add an app of the tenant’s own at a platform',
  description:
    'Accounts that connect by it are its own. Fields are called as the platform calls them: app_id and app_secret (instagram, facebook, threads, pinterest), client_key and client_secret (tiktok), api_key and api_secret besides client_id and client_secret (x); client_id and client_secret are understood everywhere.',
  tags: ['platform-apps'],
  access: 'platform_apps:write',
  audit: { action: 'platform_app.created', resource: 'platform_app' },
  idempotency: 'key',
  params: NOTHING,
  query: NOTHING,
  body: createPlatformAppBody,
  success: { status: 201, description: 'The app.', content: platformApp, etag: true },
  errors: [
    'validation_failed',
    'platform_app_name_taken',
    'platform_app_in_use',
    'precondition_failed',
    'not_found',
  ],
  async handler(context) {
    const { platform, name, is_default: isDefault, ...given } = context.body
    const taken = takeAppCredentials(context, platform, given)
    return createApp(context, platform, { name, isDefault }, taken, async (em, id) => {
      await context.audit(em, id, { platform })
      const answer = { ...(await answerApp(context, em, id)), location: `/v1/platform-apps/${id}` }
      await context.remember(em, answer)
      return answer
    })
  },
})
