import { defineOperation, NOTHING } from '../../contract/operation.ts'
import { createPostBody, validation } from '../../contract/schemas/posts.ts'
import { contentErrors } from '../../posts/check-content.ts'
import { planTargets } from '../../posts/plan-targets.ts'
import { takeTime } from '../../posts/take-input.ts'

export const validatePost = defineOperation({
  id: 'validatePost',
  method: 'post',
  path: '/v1/posts/validate',
  summary: 'Check a post for every target without creating it',
  tags: ['posts'],
  access: 'posts:read',
  audit: 'none',
  idempotency: 'key',
  params: NOTHING,
  query: NOTHING,
  body: createPostBody,
  success: { status: 200, description: 'What a platform would refuse.', content: validation },
  errors: [
    'validation_failed',
    'scheduled_at_past',
    'unknown_connection',
    'inactive_connection',
    'no_default_connection',
  ],
  async handler(context) {
    const { deps, actor, body } = context
    const { at } = takeTime(context, body, '')
    if (body.publish !== 'now' && at != null && at.getTime() <= deps.now()) {
      throw context.fail('scheduled_at_past')
    }
    const errors = await deps.db.withTenant(actor.tenantId, async (em) => {
      const targets = await planTargets(context, em, body)
      const { content = '', media = [] } = body
      // As creating it would: "now" overrides a time.
      const when = body.publish === 'now' ? null : (at ?? null)
      return contentErrors(deps, em, { content, media, at: when }, targets)
    })
    return { body: { valid: errors.length === 0, errors } }
  },
})
