import { defineOperation, NOTHING } from '../../contract/operation.ts'
import type { CreatePostBody, PostAnswer } from '../../contract/schemas/posts.ts'
import { createPostBody, post } from '../../contract/schemas/posts.ts'
import { kick } from '../../kick.ts'
import { assertContent, prepareMsOf } from '../../posts/check-content.ts'
import { insertPost } from '../../posts/insert-post.ts'
import { planTargets } from '../../posts/plan-targets.ts'
import { answerPost, tenantRules } from '../../posts/read-post.ts'
import { takeTime } from '../../posts/take-input.ts'

export const createPost = defineOperation({
  id: 'createPost',
  method: 'post',
  path: '/v1/posts',
  summary: 'Create a post as draft, scheduled, or to be published now',
  tags: ['posts'],
  access: 'posts:write',
  audit: { action: 'post.created', resource: 'post' },
  idempotency: 'key',
  params: NOTHING,
  query: NOTHING,
  body: createPostBody,
  success: {
    status: 201,
    description: 'The post, with one target per account.',
    content: post,
    etag: true,
  },
  errors: [
    'validation_failed',
    'content_invalid',
    'scheduled_at_past',
    'unknown_connection',
    'inactive_connection',
    'no_default_connection',
    'external_id_taken',
    'approval_required',
    'not_found',
  ],
  async handler(context) {
    const { deps, actor, body } = context
    const { tenantId } = actor
    const time = takeTime(context, body, '')
    const publish = publishMode(body)
    if (publish === 'schedule' && time.at == null) {
      const error = { path: 'scheduled_at', code: 'required', message: 'To schedule, give a time.' }
      throw context.fail('validation_failed', { detail: error.message, errors: [error] })
    }
    if (publish !== 'now' && time.at != null && time.at.getTime() <= deps.now()) {
      throw context.fail('scheduled_at_past')
    }
    const { created, inserted } = await deps.db.withTenant(tenantId, async (em) => {
      const targets = await planTargets(context, em, body)
      const { content = '', media = [] } = body
      const at = publish === 'now' ? null : (time.at ?? null)
      await assertContent(context, em, { content, media, at }, targets)
      const rules = await tenantRules(em, tenantId)
      const prepareMs = await prepareMsOf(em, { media }, targets)
      const input = { body, publish, time, targets, rules, prepareMs }
      const inserted = await insertPost(context, em, input)
      await context.audit(em, inserted.postId, { status: inserted.state.status })
      const created = await answerPost(context, em, inserted.postId)
      // In this transaction: a repeat after a crash finds either no post or the post and its
      // answer.
      await context.remember(em, answerOf(created))
      return { created, inserted }
    })
    const { postId, outboxId, state } = inserted
    // After COMMIT, and only to be quick: the outbox message does the same.
    await kick(deps, tenantId, outboxId, () =>
      deps.temporal.startPost({ tenantId, postId, post: state }),
    )
    return answerOf(created)
  },
})

function answerOf(created: PostAnswer) {
  return { body: created, revision: created.revision, location: `/v1/posts/${created.id}` }
}

/** A time alone means to schedule: that is what a client gives one for. */
function publishMode(body: CreatePostBody): 'draft' | 'schedule' | 'now' {
  const hasTime = body.scheduled_at != null || body.scheduled_local !== undefined
  return body.publish ?? (hasTime ? 'schedule' : 'draft')
}
