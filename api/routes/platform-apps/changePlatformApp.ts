import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { changePlatformAppBody, platformApp } from '../../contract/schemas/platform-apps.ts'
import { answerApp, readApp } from '../../platform-apps/read-app.ts'
import { takeAppCredentials } from '../../platform-apps/take-app-credentials.ts'
import { changeApp } from '../../platform-apps/write-app.ts'

export const changePlatformApp = defineOperation({
  id: 'changePlatformApp',
  method: 'patch',
  path: '/v1/platform-apps/{id}',
  summary: 'Change an app’s label or credentials, or make it the default one',
  description:
    'A new secret is used from the next call on. Another id is another app: it is refused while accounts live by tokens of this one.',
  tags: ['platform-apps'],
  access: 'platform_apps:write',
  audit: { action: 'platform_app.changed', resource: 'platform_app' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: changePlatformAppBody,
  success: { status: 200, description: 'The app.', content: platformApp, etag: true },
  errors: [
    'not_found',
    'precondition_failed',
    'validation_failed',
    'platform_app_name_taken',
    'platform_app_in_use',
  ],
  async handler(context) {
    const { id } = context.params
    const { name, is_default: isDefault, ...given } = context.body
    const before = await readApp(context, id)
    const taken = takeAppCredentials(context, before.platform, given)
    const change = { name, isDefault, taken, expectedRevision: context.ifMatch }
    return changeApp(context, before, change, async (em) => {
      await context.audit(em, id, { platform: before.platform, fields: Object.keys(context.body) })
      return answerApp(context, em, id)
    })
  },
})
