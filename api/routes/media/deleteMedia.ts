import { deleteMedia as deleteRow } from '../../../db/repositories/media-assets.ts'
import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { removeFile } from '../../media/store-file.ts'

export const deleteMedia = defineOperation({
  id: 'deleteMedia',
  method: 'delete',
  path: '/v1/media/{id}',
  summary: 'Delete a file that no post uses',
  description: 'Published posts use their files too, until the post itself is deleted.',
  tags: ['media'],
  access: 'media:write',
  audit: { action: 'media.deleted', resource: 'media' },
  idempotency: 'inherent',
  params: idParams,
  query: NOTHING,
  body: NOTHING,
  success: { status: 204, description: 'It is gone.', content: 'empty' },
  errors: ['not_found', 'media_in_use'],
  async handler(context) {
    const { deps, actor, fail } = context
    const { id } = context.params
    const storageKey = await deps.db.withTenant(actor.tenantId, async (em) => {
      const deleted = await deleteRow(em, id)
      if (deleted.outcome === 'not_found') throw fail('not_found')
      if (deleted.outcome === 'in_use') {
        throw fail('media_in_use', { detail: `Used by posts ${deleted.postIds.join(', ')}.` })
      }
      await context.audit(em, id)
      return deleted.storageKey
    })
    // Only once the row is gone for good: a row never names a file that is not there.
    await removeFile(context, storageKey)
    return {}
  },
})
