import { listMedia as queryMedia } from '../../../db/repositories/media-assets.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { listMediaQuery, mediaPage } from '../../contract/schemas/media.ts'
import { orInvalidCursor } from '../../http/invalid-cursor.ts'
import { presentMedia } from '../../presenters/media.ts'

export const listMedia = defineOperation({
  id: 'listMedia',
  method: 'get',
  path: '/v1/media',
  summary: 'List files, newest first',
  tags: ['media'],
  access: 'media:read',
  audit: 'none',
  idempotency: 'inherent',
  params: NOTHING,
  query: listMediaQuery,
  body: NOTHING,
  success: { status: 200, description: 'A page of files.', content: mediaPage },
  errors: ['invalid_cursor'],
  async handler(context) {
    const { deps, actor, query } = context
    const page = await deps.db.withTenant(actor.tenantId, (em) =>
      orInvalidCursor(context, queryMedia(em, query)),
    )
    const data = page.data.map((asset) => presentMedia(asset, deps.media.urls))
    return { body: { data, next_cursor: page.nextCursor } }
  },
})
