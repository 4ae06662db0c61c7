import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { platformList } from '../../contract/schemas/service.ts'
import { presentPlatform } from '../../presenters/platform.ts'

export const listPlatforms = defineOperation({
  id: 'listPlatforms',
  method: 'get',
  path: '/v1/platforms',
  summary: 'What each platform offers: how to connect, limits, settings',
  tags: ['platforms'],
  access: 'authenticated',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'All platforms.', content: platformList },
  errors: [],
  handler: async ({ deps }) => ({
    body: { data: deps.registry.platforms().map(presentPlatform) },
  }),
})
