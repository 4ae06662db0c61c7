import type { PostState, TargetState, TargetStatus } from './post-state.ts'
import {
  isApproved,
  POST_TRANSITIONS,
  settle,
  TARGET_TRANSITIONS,
  withoutTheRest,
} from './post-state.ts'

/** How one publish of one target ended, as recorded in the row and told to the workflow. */
export type TargetOutcome =
  | { outcome: 'published' }
  /** One part is out and others follow; the target is queued again. */
  | { outcome: 'advanced' }
  | { outcome: 'failed'; code: string; retryable: boolean }
  | { outcome: 'unconfirmed'; code: string }
  /** Ended without being sent; the target is queued again. */
  | { outcome: 'requeued'; code: string }

export type PostEvent =
  /** The first commit of a due post was claimed. */
  | { type: 'began' }
  | { type: 'hold_expired' }
  | { type: 'target_started'; targetId: string }
  | { type: 'target_ended'; targetId: string; result: TargetOutcome }

const STATUS_OF: Readonly<Record<TargetOutcome['outcome'], TargetStatus>> = {
  published: 'published',
  advanced: 'queued',
  failed: 'failed',
  unconfirmed: 'unconfirmed',
  requeued: 'queued',
}

/** Applies what happened. Events that the state has overtaken change nothing: replays are harmless. */
export function applyEvent(post: PostState, event: PostEvent): PostState {
  switch (event.type) {
    case 'began':
      return began(post)
    case 'hold_expired':
      return post.status === 'scheduled' ? expire(post) : post
    case 'target_started':
      return withTarget(post, event.targetId, (target) => moved(target, 'publishing'))
    case 'target_ended':
      return withTarget(post, event.targetId, (target) => ended(target, event.result))
  }
}

function began(post: PostState): PostState {
  if (post.status !== 'scheduled' || !isApproved(post)) return post
  const targets = post.targets.map((t) => (t.status === 'pending' ? moved(t, 'queued') : t))
  return { ...post, status: 'queued', targets }
}

function expire(post: PostState): PostState {
  const failureCode = isApproved(post) ? 'too_late' : 'not_approved_in_time'
  const targets = post.targets.map((target): TargetState => {
    if (target.status === 'published' || target.status === 'cancelled') return target
    return { ...target, status: 'failed', failureCode, retryable: true }
  })
  return { ...post, status: withoutTheRest(targets, 'failed'), targets }
}

function withTarget(
  post: PostState,
  targetId: string,
  step: (target: TargetState) => TargetState,
): PostState {
  if (post.status !== 'queued' && post.status !== 'unconfirmed') return post
  const targets = post.targets.map((t) => (t.id === targetId ? step(t) : t))
  // The same object says that nothing changed: a claim of a target that has ended must see it.
  if (targets.every((target, index) => target === post.targets[index])) return post
  const status = settle(targets)
  const legal = status === post.status || POST_TRANSITIONS[post.status].includes(status)
  return legal ? { ...post, targets, status } : post
}

function ended(target: TargetState, result: TargetOutcome): TargetState {
  // A re-executed activity may report an outcome of a target whose start was never seen.
  const from = target.status === 'queued' ? moved(target, 'publishing') : target
  const status = STATUS_OF[result.outcome]
  if (!TARGET_TRANSITIONS[from.status].includes(status)) return target
  return {
    ...from,
    status,
    failureCode: 'code' in result ? result.code : null,
    retryable: result.outcome === 'failed' ? result.retryable : false,
  }
}

function moved(target: TargetState, status: TargetStatus): TargetState {
  return TARGET_TRANSITIONS[target.status].includes(status) ? { ...target, status } : target
}
