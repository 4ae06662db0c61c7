import type { Platform } from './platforms.ts'

/** States and legal moves of posts and targets (design §4). The database's CHECKs, the workflow and
 * the API's `allowed_actions` all come from this table. */
export const POST_STATUSES = [
  'draft',
  'scheduled',
  'queued',
  'published',
  'partially_published',
  'unconfirmed',
  'failed',
  'cancelled',
] as const
export type PostStatus = (typeof POST_STATUSES)[number]

export const TARGET_STATUSES = [
  'pending',
  'queued',
  'publishing',
  'published',
  'unconfirmed',
  'failed',
  'cancelled',
] as const
export type TargetStatus = (typeof TARGET_STATUSES)[number]

export const APPROVAL_STATUSES = ['pending', 'approved', 'rejected'] as const
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number]

/** `scheduled → failed`: held past its deadline; `→ partially_published`: the rest of a retry that
 * waited for its time was withdrawn or expired. `unconfirmed → queued`: proved absent. */
export const POST_TRANSITIONS: Readonly<Record<PostStatus, readonly PostStatus[]>> = {
  draft: ['scheduled', 'queued', 'cancelled'],
  scheduled: ['draft', 'queued', 'failed', 'cancelled', 'partially_published'],
  queued: ['published', 'partially_published', 'unconfirmed', 'failed'],
  published: [],
  partially_published: ['queued', 'scheduled'],
  unconfirmed: ['published', 'partially_published', 'failed', 'queued'],
  failed: ['queued', 'scheduled', 'cancelled'],
  cancelled: [],
}

/** A published target never leaves `published`. */
export const TARGET_TRANSITIONS: Readonly<Record<TargetStatus, readonly TargetStatus[]>> = {
  pending: ['queued', 'publishing', 'failed', 'cancelled'],
  queued: ['publishing', 'pending', 'failed', 'cancelled'],
  publishing: ['queued', 'published', 'unconfirmed', 'failed'],
  published: [],
  unconfirmed: ['queued', 'published', 'failed'],
  failed: ['pending', 'queued', 'cancelled'],
  cancelled: [],
}

export interface TargetState {
  id: string
  connectionId: string
  platform: Platform
  status: TargetStatus
  failureCode: string | null
  /** False when trying again unchanged can only fail again. */
  retryable: boolean
}

/** What decisions need to know of a post: ids, instants (epoch ms), codes; never content. */
export interface PostState {
  status: PostStatus
  /** Goes up with every command and edit; a publish staged for an older one ends quietly. */
  revision: number
  /** Goes up with every write of the row or its targets: the newest snapshot has the highest. */
  seq: number
  scheduledAt: number | null
  approvalRequired: boolean
  approvalStatus: ApprovalStatus | null
  authorId: string | null
  allowSelfApproval: boolean
  latenessPolicy: 'publish' | 'hold'
  maxLatenessMs: number
  /** How long before its instant its files begin to be uploaded; absent without files. */
  prepareMs?: number
  targets: TargetState[]
}

const OPEN_TARGETS: readonly TargetStatus[] = ['pending', 'queued', 'publishing']

/** Post status that its targets add up to once publishing has begun. */
export function settle(targets: readonly Pick<TargetState, 'status'>[]): PostStatus {
  const live = targets.filter((target) => target.status !== 'cancelled')
  if (live.some((target) => OPEN_TARGETS.includes(target.status))) return 'queued'
  if (live.some((target) => target.status === 'unconfirmed')) return 'unconfirmed'
  const published = live.filter((target) => target.status === 'published').length
  if (published === 0) return 'failed'
  return published === targets.length ? 'published' : 'partially_published'
}

/** Status of a post whose unsent targets were given up: what is out stays told. */
export function withoutTheRest(
  targets: readonly Pick<TargetState, 'status'>[],
  status: 'failed' | 'cancelled',
): PostStatus {
  return targets.some((target) => target.status === 'published') ? 'partially_published' : status
}

export function isEnded(status: PostStatus): boolean {
  return POST_TRANSITIONS[status].length === 0
}

/** Nothing that needs approval is sent without it. */
export function isApproved(post: Pick<PostState, 'approvalRequired' | 'approvalStatus'>): boolean {
  return !post.approvalRequired || post.approvalStatus === 'approved'
}

/** With the policy `hold` nothing is sent later than this: the same minute is still on time. */
const ON_TIME_MS = 60_000

export type Held = 'awaiting_approval' | 'rejected' | 'too_late'

/** Why a post that is due must not be sent, or undefined when it may. */
export function heldReason(post: PostState, nowMs: number): Held | undefined {
  if (post.approvalRequired && post.approvalStatus === 'rejected') return 'rejected'
  if (!isApproved(post)) return 'awaiting_approval'
  const lateMs = nowMs - (post.scheduledAt ?? nowMs)
  const boundMs = post.latenessPolicy === 'hold' ? ON_TIME_MS : post.maxLatenessMs
  return lateMs > Math.min(boundMs, post.maxLatenessMs) ? 'too_late' : undefined
}
