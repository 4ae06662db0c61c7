import { publicKeyOf } from '../../connect/bluesky-app.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'

export const getBlueskyJwks = defineOperation({
  id: 'getBlueskyJwks',
  method: 'get',
  path: '/oauth/bluesky/jwks.json',
  summary: 'The public key by which we authenticate at Bluesky’s servers',
  description: 'There is one when BLUESKY_CLIENT_SECRET is a private JWK.',
  tags: ['connections'],
  access: 'public',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The key set.', content: 'document' },
  errors: ['not_found'],
  async handler({ deps, fail }) {
    const key = publicKeyOf(deps)
    if (key === undefined) throw fail('not_found', { detail: 'No key is configured.' })
    return { body: { keys: [key] } }
  },
})
