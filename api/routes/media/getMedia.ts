import { getMedia as findMedia } from '../../../db/repositories/media-assets.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { media } from '../../contract/schemas/media.ts'
import { presentMedia } from '../../presenters/media.ts'

export const getMedia = defineOperation({
  id: 'getMedia',
  method: 'get',
  path: '/v1/media/{id}',
  summary: 'Read what is known of a file, with a fresh address of it',
  tags: ['media'],
  access: 'media:read',
  audit: 'none',
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 200, description: 'The file.', content: media },
  errors: ['not_found'],
  async handler({ deps, actor, params, fail }) {
    const asset = await deps.db.withTenant(actor.tenantId, (em) => findMedia(em, params.id))
    if (asset === undefined) throw fail('not_found')
    return { body: presentMedia(asset, deps.media.urls) }
  },
})
