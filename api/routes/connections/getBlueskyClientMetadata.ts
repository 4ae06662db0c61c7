import { blueskyMetadata } from '../../connect/bluesky-app.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'

export const getBlueskyClientMetadata = defineOperation({
  id: 'getBlueskyClientMetadata',
  method: 'get',
  path: '/oauth/bluesky/client-metadata.json',
  summary: 'What Bluesky’s servers read about us before a consent',
  description: 'https://atproto.com/specs/oauth#client-id-metadata-document',
  tags: ['connections'],
  access: 'public',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The document.', content: 'document' },
  errors: [],
  handler: async ({ deps }) => ({ body: blueskyMetadata(deps) }),
})
