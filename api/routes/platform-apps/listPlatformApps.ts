import { listPlatformApps as queryPlatformApps } from '../../../db/repositories/platform-apps.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { listPlatformAppsQuery, platformAppPage } from '../../contract/schemas/platform-apps.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { presentPlatformApp } from '../../presenters/platform-app.ts'

export const listPlatformApps = defineOperation({
  id: 'listPlatformApps',
  method: 'get',
  path: '/v1/platform-apps',
  summary: 'List the tenant’s own apps at the platforms, newest first',
  tags: ['platform-apps'],
  access: 'platform_apps:read',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: listPlatformAppsQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of apps.', content: platformAppPage },
  errors: ['invalid_cursor'],
  async handler(context) {
    const { deps, actor, query } = context
    const page = await deps.db.withTenant(actor.tenantId, (em) =>
      orInvalidCursor(context, queryPlatformApps(em, query)),
    )
    return { body: { data: page.data.map(presentPlatformApp), next_cursor: page.nextCursor } }
  },
})
