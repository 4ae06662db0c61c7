import type { ErrorCode } from './errors.ts'
import type { ApprovalStatus, PostState, PostStatus, TargetState } from './post-state.ts'
import { isApproved, settle, withoutTheRest } from './post-state.ts'

/** What people and clients may ask of a post. Instants are epoch ms; ids only, no words. */
export type PostCommand =
  | { type: 'submit' }
  | { type: 'approve'; actorId: string | null }
  | { type: 'reject'; actorId: string | null }
  | { type: 'schedule'; at: number }
  | { type: 'reschedule'; at: number }
  | { type: 'unschedule' }
  | { type: 'publish' }
  | { type: 'cancel' }
  | { type: 'retry'; at?: number; targetIds?: readonly string[] }
  | { type: 'resolve'; targetId: string; as: 'published'; platformPostId: string }
  | { type: 'resolve'; targetId: string; as: 'not_published' }
  | { type: 'edit' }

export type PostCommandType = PostCommand['type']

export type Decision = { ok: true; next: PostState } | { ok: false; code: ErrorCode }

/** A retry needs approval too, so a post that failed unapproved or was edited since can get it. */
const DECIDABLE: readonly PostStatus[] = ['draft', 'scheduled', 'failed', 'partially_published']

/** States in which a command may be tried at all; finer refusals are in `decide`. */
const ALLOWED_FROM: Readonly<Record<PostCommandType, readonly PostStatus[]>> = {
  submit: DECIDABLE,
  approve: DECIDABLE,
  reject: DECIDABLE,
  schedule: ['draft'],
  reschedule: ['scheduled'],
  unschedule: ['scheduled'],
  publish: ['draft', 'scheduled'],
  cancel: ['draft', 'scheduled', 'failed'],
  retry: ['failed', 'partially_published'],
  resolve: ['unconfirmed', 'queued'],
  edit: ['draft', 'scheduled', 'failed'],
}

/**
 * The one place that says whether a command is legal and what it leads to. Pure: the workflow's
 * validators, the API and the property tests all call it. `next.revision` is one higher: every
 * accepted command is a new revision, which is what staged publishes compare against.
 */
export function decide(post: PostState, command: PostCommand, nowMs: number): Decision {
  if (!ALLOWED_FROM[command.type].includes(post.status)) return refuse('illegal_transition')
  const outcome = change(post, command, nowMs)
  if (typeof outcome === 'string') return refuse(outcome)
  return { ok: true, next: { ...post, ...outcome, revision: post.revision + 1 } }
}

/** Commands that `decide` would accept now, in the words of the API. */
export function allowedActions(post: PostState, nowMs: number): PostCommandType[] {
  const soon = nowMs + 60_000
  const unconfirmed = post.targets.find((target) => target.status === 'unconfirmed')
  const probes: PostCommand[] = [
    { type: 'edit' },
    { type: 'submit' },
    { type: 'approve', actorId: null },
    { type: 'reject', actorId: null },
    { type: 'schedule', at: soon },
    { type: 'reschedule', at: soon },
    { type: 'unschedule' },
    { type: 'publish' },
    { type: 'cancel' },
    { type: 'retry' },
    { type: 'resolve', targetId: unconfirmed?.id ?? '', as: 'not_published' },
  ]
  return probes.filter((probe) => decide(post, probe, nowMs).ok).map((probe) => probe.type)
}

type Change = Partial<PostState> | ErrorCode

function change(post: PostState, command: PostCommand, nowMs: number): Change {
  switch (command.type) {
    case 'submit':
      return submit(post)
    case 'approve':
      return approve(post, command.actorId)
    case 'reject':
      return reject(post)
    case 'schedule':
    case 'reschedule':
      return schedule(post, command, nowMs)
    case 'unschedule':
      return unschedule(post)
    case 'publish':
      return publish(post)
    case 'cancel':
      return cancel(post)
    case 'retry':
      return retry(post, command, nowMs)
    case 'resolve':
      return resolve(post, command)
    case 'edit':
      return { approvalStatus: afterEdit(post), targets: post.targets.map(unblock) }
  }
}

function submit(post: PostState): Change {
  if (!post.approvalRequired) return 'approval_not_required'
  if (post.approvalStatus === 'pending') return 'approval_already_pending'
  if (post.approvalStatus === 'approved') return 'already_approved'
  return { approvalStatus: 'pending' }
}

function approve(post: PostState, actorId: string | null): Change {
  if (post.approvalStatus !== 'pending') return 'approval_not_pending'
  const isAuthor = actorId !== null && actorId === post.authorId
  if (isAuthor && !post.allowSelfApproval) return 'self_approval'
  return { approvalStatus: 'approved' }
}

function reject(post: PostState): Change {
  if (!post.approvalRequired) return 'approval_not_required'
  if (post.approvalStatus === null || post.approvalStatus === 'rejected') {
    return 'approval_not_pending'
  }
  return { approvalStatus: 'rejected' }
}

function schedule(post: PostState, command: { type: string; at: number }, nowMs: number): Change {
  if (!(command.at > nowMs)) return 'scheduled_at_past'
  if (command.type === 'schedule') {
    return { status: 'scheduled', scheduledAt: command.at, approvalStatus: afterScheduling(post) }
  }
  if (command.at === post.scheduledAt) return {}
  return { scheduledAt: command.at, approvalStatus: afterEdit(post) }
}

function unschedule(post: PostState): Change {
  // The rest of a part that is out is no draft: it may be moved or cancelled.
  if (post.targets.some((target) => target.status === 'published')) return 'illegal_transition'
  return { status: 'draft', scheduledAt: null, approvalStatus: afterEdit(post) }
}

function cancel(post: PostState): Change {
  const targets = post.targets.map(withdraw)
  return { status: withoutTheRest(targets, 'cancelled'), targets }
}

function publish(post: PostState): Change {
  if (!isApproved(post)) return 'approval_required'
  return { status: 'queued', targets: post.targets.map(requeue) }
}

function retry(
  post: PostState,
  command: { at?: number; targetIds?: readonly string[] },
  nowMs: number,
): Change {
  if (!isApproved(post)) return 'approval_required'
  const wanted = (target: TargetState) =>
    target.status === 'failed' &&
    target.retryable &&
    (command.targetIds === undefined || command.targetIds.includes(target.id))
  if (!post.targets.some(wanted)) return 'nothing_to_retry'
  const targets = post.targets.map((t) => (wanted(t) ? { ...requeue(t), failureCode: null } : t))
  if (command.at === undefined) return { status: 'queued', targets }
  if (!(command.at > nowMs)) return 'scheduled_at_past'
  return { status: 'scheduled', scheduledAt: command.at, targets }
}

function resolve(post: PostState, command: { targetId: string; as: string }): Change {
  const target = post.targets.find((candidate) => candidate.id === command.targetId)
  if (target?.status !== 'unconfirmed') return 'target_not_unconfirmed'
  const resolved: TargetState =
    command.as === 'published'
      ? { ...target, status: 'published', failureCode: null, retryable: false }
      : { ...target, status: 'failed', failureCode: 'not_published', retryable: true }
  const targets = post.targets.map((candidate) => (candidate === target ? resolved : candidate))
  return { targets, status: settle(targets) }
}

/** A person changed the content, so what was refused before may be tried again. */
function unblock(target: TargetState): TargetState {
  return target.status === 'failed' ? { ...target, retryable: true } : target
}

function requeue(target: TargetState): TargetState {
  if (target.status === 'published' || target.status === 'cancelled') return target
  return { ...target, status: 'queued' }
}

/** What is out stays out: only the rest of a retry that waits for its time can be withdrawn. */
function withdraw(target: TargetState): TargetState {
  return target.status === 'published' ? target : { ...target, status: 'cancelled' }
}

function afterEdit(post: PostState): ApprovalStatus | null {
  return post.approvalRequired && post.approvalStatus === 'approved'
    ? 'pending'
    : post.approvalStatus
}

/** Scheduling asks for approval by itself; a time given to an approved draft is not an edit of one. */
function afterScheduling(post: PostState): ApprovalStatus | null {
  if (!post.approvalRequired || post.approvalStatus === 'approved') return post.approvalStatus
  return 'pending'
}

function refuse(code: ErrorCode): Decision {
  return { ok: false, code }
}
