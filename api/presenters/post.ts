import type { PostTarget } from '../../db/entities/post-target.ts'
import type { PostWithTargets } from '../../db/repositories/post-queries.ts'
import { waitingReasonFor } from '../../domain/failure-reasons.ts'
import { allowedActions, decide } from '../../domain/post-commands.ts'
import type { PostState, PostStatus } from '../../domain/post-state.ts'
import { postWorkflowId } from '../../workflows/contract.ts'
import type { POST_ACTIONS, PostAnswer } from '../contract/schemas/posts.ts'
import { isoOf, localOf } from './instants.ts'
import type { TenantRules } from './post-facts.ts'
import { stateOf } from './post-facts.ts'

export type PostAction = (typeof POST_ACTIONS)[number]

/** What the answer depends on besides the row. */
export interface PostView {
  rules: TenantRules
  /** Who looks: authors may not approve their own posts everywhere. */
  userId: string
  nowMs: number
}

/** The row as `Post` of the contract; reads nothing and changes nothing. */
export function presentPost(found: PostWithTargets, view: PostView): PostAnswer {
  const { post, targets, media } = found
  const state = stateOf(found, view.rules)
  return {
    id: post.id,
    content: post.content,
    status: post.status,
    approval_required: post.approvalRequired,
    approval_status: post.approvalStatus ?? null,
    scheduled_at: isoOf(post.scheduledAt),
    scheduled_local: localOf(post.scheduledAt, post.timezone),
    timezone: post.timezone,
    posted_at: isoOf(post.postedAt),
    failure_code: post.failureCode ?? null,
    failure_reason: post.failureReason ?? null,
    attention_code: post.attentionCode ?? null,
    platforms: [...new Set(targets.map((target) => target.platform))],
    targets: targets.map(presentTarget),
    media: media.map(({ mediaId, altText }) => ({ media_id: mediaId, alt_text: altText })),
    campaign: post.campaign ?? null,
    notes: post.notes ?? null,
    external_id: post.externalId ?? null,
    owner_id: post.ownerId ?? null,
    revision: post.revision,
    allowed_actions: postActions(state, view.userId, view.nowMs),
    workflow_id: postWorkflowId(post.tenantId, post.id),
    created_by: post.createdBy,
    updated_by: post.updatedBy ?? null,
    created_at: post.createdAt.toISOString(),
    updated_at: post.updatedAt.toISOString(),
  }
}

function presentTarget(target: PostTarget): PostAnswer['targets'][number] {
  // A note of before says nothing of what has gone on since.
  const isOpen = ['pending', 'queued', 'publishing'].includes(target.status)
  const waitingCode = isOpen ? (target.waitingCode ?? null) : null
  return {
    id: target.id,
    connection_id: target.connectionId,
    platform: target.platform,
    content: target.content ?? null,
    settings: target.settings,
    status: target.status,
    platform_post_id: target.platformPostId ?? null,
    permalink: target.permalink ?? null,
    published_at: isoOf(target.publishedAt),
    attempt_count: target.attemptCount,
    waiting_code: waitingCode,
    waiting_reason: waitingCode === null ? null : waitingReasonFor(waitingCode),
    failure_code: target.failureCode ?? null,
    failure_reason: target.failureReason ?? null,
    retryable: target.retryable,
    warnings: target.warnings.map(({ code, message }) => ({ code, message })),
    parts: target.parts.map((part) => ({
      part: part.part,
      role: part.role,
      platform_post_id: part.platform_post_id,
      permalink: part.permalink,
      published_at: part.published_at,
    })),
    removed_at: isoOf(target.removedAt),
  }
}

/** The words of the API: `schedule` covers a reschedule, and `delete` is a verb of its own. */
export function postActions(state: PostState, userId: string, nowMs: number): PostAction[] {
  const actions = new Set<PostAction>()
  for (const action of allowedActions(state, nowMs)) {
    actions.add(action === 'reschedule' ? 'schedule' : action)
  }
  if (!decide(state, { type: 'approve', actorId: userId }, nowMs).ok) actions.delete('approve')
  if (isDeletable(state.status)) actions.add('delete')
  return [...actions]
}

/** While the outcome is open, the row is the only witness. */
export function isDeletable(status: PostStatus): boolean {
  return status !== 'queued' && status !== 'unconfirmed'
}
