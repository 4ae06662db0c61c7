import { z } from 'zod'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { platformInput } from '../../contract/schemas/common.ts'
import { platformInfo } from '../../contract/schemas/service.ts'
import { presentPlatform } from '../../presenters/platform.ts'

export const getPlatform = defineOperation({
  id: 'getPlatform',
  method: 'get',
  path: '/v1/platforms/{platform}',
  summary: 'What one platform offers',
  tags: ['platforms'],
  access: 'authenticated',
  audit: 'none',
  idempotency: 'inherent',
  params: z.strictObject({ platform: platformInput }),
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The platform.', content: platformInfo },
  errors: ['not_found'],
  async handler({ deps, params, fail }) {
    const all = deps.registry.platforms()
    const described = all.find(({ platform }) => platform === params.platform)
    if (described === undefined) throw fail('not_found')
    return { body: presentPlatform(described) }
  },
})
