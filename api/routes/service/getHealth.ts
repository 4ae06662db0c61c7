import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { health } from '../../contract/schemas/service.ts'

export const getHealth = defineOperation({
  id: 'getHealth',
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process answers',
  tags: ['service'],
  access: 'public',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'It does.', content: health },
  errors: [],
  handler: async () => ({ body: { status: 'ok' as const } }),
})
