import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { changePostBody, post } from '../../contract/schemas/posts.ts'
import { kickPostChanged } from '../../kick.ts'
import { editPost } from '../../posts/edit-post.ts'
import { answerPost, findPost } from '../../posts/read-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'
import { takeTime } from '../../posts/take-input.ts'

export const changePost = defineOperation({
  id: 'changePost',
  method: 'patch',
  path: '/v1/posts/{id}',
  summary: 'Change a post that has not been published',
  description:
    'Fields that are left out stay. `targets` and `platforms` replace all targets. A change of content, targets or time after an approval needs a new one.',
  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.changed', resource: 'post' },
  idempotency: 'inherent',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: changePostBody,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: [
    ...COMMAND_ERRORS,
    'validation_failed',
    'content_invalid',
    'unknown_connection',
    'inactive_connection',
    'no_default_connection',
    'external_id_taken',
  ],
  async handler(context) {
    const { deps, actor, body, ifMatch: expectedRevision } = context
    const { tenantId } = actor
    const postId = context.params.id
    const { changed, outboxId } = await deps.db.withTenant(tenantId, async (em) => {
      const { post: row } = await findPost(context, em, postId)
      const time = takeTime(context, body, row.timezone)
      const outboxId = await editPost(context, em, { postId, expectedRevision, body, time })
      await context.audit(em, postId, { fields: Object.keys(body) })
      em.clear()
      return { changed: await answerPost(context, em, postId), outboxId }
    })
    // After COMMIT: the workflow reads the row and must see the change.
    await kickPostChanged(deps, tenantId, postId, outboxId)
    return { body: changed, revision: changed.revision }
  },
})
