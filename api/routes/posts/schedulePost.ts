import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { idParams } from '../../contract/schemas/common.ts'
import { post, schedulePostBody } from '../../contract/schemas/posts.ts'
import { commandPost, loadState } from '../../posts/command-post.ts'
import { recheckPost } from '../../posts/recheck-post.ts'
import { COMMAND_ERRORS } from '../../posts/refusals.ts'
import { keepTimezone, takeTimeOf } from '../../posts/take-time.ts'

export const schedulePost = defineOperation({
  id: 'schedulePost',
  method: 'post',
  path: '/v1/posts/{id}/schedule',
  summary: 'Schedule a draft, or give a scheduled post another time',
  description: 'Without a time a draft takes the one it was written with.',
  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.scheduled', resource: 'post' },
  idempotency: 'key',
  ifMatch: true,
  params: idParams,
  query: NOTHING,
  body: schedulePostBody,
  success: { status: 200, description: 'The post as it is now.', content: post, etag: true },
  errors: [...COMMAND_ERRORS, 'validation_failed', 'content_invalid', 'inactive_connection'],
  async handler(context) {
    const postId = context.params.id
    const state = await loadState(context, postId)
    const { at, timezone } = await takeTimeOf(context, postId, context.body)
    // Now, while a person looks, and not at the due instant, when nobody does.
    await recheckPost(context, state, postId, at)
    const type = state.status === 'scheduled' ? ('reschedule' as const) : ('schedule' as const)
    const body = await commandPost(context, state, {
      postId,
      expectedRevision: context.ifMatch,
      name: type,
      command: { type, at: at.getTime() },
      args: { at: at.toISOString() },
    })
    return { body: await keepTimezone(context, body, timezone), revision: body.revision }
  },
})
