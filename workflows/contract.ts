import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ConnectionState, ConnectionStatus } from '../domain/connection-state.ts'
import type { Platform } from '../domain/platforms.ts'
import type { PostCommandType } from '../domain/post-commands.ts'
import type { ApprovalStatus, PostState, PostStatus } from '../domain/post-state.ts'

/** Names, ids, inputs, messages and queues of every workflow: what the API and worker agree on.
 * Nothing here carries content or a secret, because histories keep it for good. */

export const WORKFLOW_QUEUE = 'clarion'

/** Publishing has a queue per platform, so that one platform's trouble holds up no other. */
export function publishQueue(platform: Platform): string {
  return `publish-${platform}`
}

export function postWorkflowId(tenantId: string, postId: string): string {
  return `post:${tenantId}:${postId}`
}

export function connectionWorkflowId(tenantId: string, connectionId: string): string {
  return `connection:${tenantId}:${connectionId}`
}

/** Deleting a post at its platforms, and looking whether it is still there. */
export function errandWorkflowId(kind: ErrandKind, tenantId: string, postId: string): string {
  return `${kind}:${tenantId}:${postId}`
}

export type ErrandKind = 'remove' | 'lookup'

export interface ErrandInput {
  tenantId: string
  postId: string
  actorId: string | null
  targets: { id: string; platform: Platform; connectionId: string }[]
}

/** `isHidden`: nothing was left at any platform, and the post is gone from Clarion. */
export interface RemoveResult {
  removed: string[]
  failed: { targetId: string; code: string; message: string }[]
  isHidden: boolean
}

export type LookResult = {
  targetId: string
  state: 'live' | 'removed' | 'unknown'
  permalink: string | null
  /** Why it is not known. */
  code: string | null
}[]

export interface PostWorkflowInput {
  tenantId: string
  postId: string
  /** The row's facts when the workflow was started; the row arbitrates if they were stale. */
  post: PostState
}

export type PostOutcome = { status: PostStatus; revision: number; failureCodes: string[] }

/** Arguments of every post command. Each name is an Update and, for people, a Signal. */
export interface PostCommandArgs {
  /** RFC 3339; `schedule`, `reschedule`, `retry`. */
  at?: string
  /** `retry`: only these targets. */
  targetIds?: string[]
  /** `resolve`. */
  targetId?: string
  as?: 'published' | 'not_published'
  platformPostId?: string
  permalink?: string
  /** Who asks: a user's id, or null for an operator in the Temporal UI. */
  actorId?: string | null
  /** Refuse with `precondition_failed` unless the post still has this revision (If-Match). */
  expectedRevision?: number
  /** `seq` of the row the caller read: if the workflow's snapshot is older, the row alone decides. */
  seq?: number
  /** Row of `post_approvals` that holds the comment; it becomes effective with the decision. */
  approvalId?: string
}

export interface PostSummary {
  status: PostStatus
  approvalStatus: ApprovalStatus | null
  revision: number
  scheduledAt: string | null
}

/** Every command but `edit`, which the API writes to the row and announces by `changed`. */
export const POST_COMMANDS = [
  'submit',
  'approve',
  'reject',
  'schedule',
  'reschedule',
  'unschedule',
  'publish',
  'cancel',
  'retry',
  'resolve',
] as const satisfies readonly PostCommandType[]
export type PostCommandName = (typeof POST_COMMANDS)[number]

export const postUpdate = (name: PostCommandName) =>
  defineUpdate<PostSummary, [PostCommandArgs?]>(name)
export const postSignal = (name: PostCommandName) => defineSignal<[PostCommandArgs?]>(name)

/** The row is ahead of the workflow (an edit, a sweep's poke): read it again. */
export const postChanged = defineSignal('changed')
export const postState = defineQuery<PostState>('state')

/**
 * A refused command: an ApplicationFailure whose `type` is an ErrorCode of domain/errors.ts and
 * whose first detail is this.
 */
export interface RefusalDetails {
  currentStatus: string
  allowedActions: string[]
}

export interface ConnectionWorkflowInput {
  tenantId: string
  connectionId: string
  platform: Platform
  connection: ConnectionState
  /** Calls to the platform per run. Lowered by tests; the server’s own suggestion always counts. */
  maxRefreshesPerRun?: number
}

export interface ConnectionSummary {
  status: ConnectionStatus
  tokenVersion: number
  expiresAt: string | null
}

/** `staleVersion`: the caller saw this token version refused; nothing is called if it is gone. */
export interface RefreshArgs {
  staleVersion?: number
  /** A person asks: a platform in trouble is asked again before its time. */
  force?: boolean
  actorId?: string | null
}

export type RefreshAnswer =
  | { outcome: 'fresh'; tokenVersion: number; expiresAt: string | null }
  | { outcome: 'retrying'; code: string; nextTryAt: string }
  | { outcome: 'needs_reconnect'; status: ConnectionStatus; code: string }

export const refreshUpdate = defineUpdate<RefreshAnswer, [RefreshArgs?]>('refresh')
export const refreshSignal = defineSignal<[RefreshArgs?]>('refresh')
export const validateUpdate = defineUpdate<ConnectionSummary, [{ actorId?: string | null }?]>(
  'validate',
)
/** Reads profile and destinations again. */
export const syncUpdate = defineUpdate<ConnectionSummary, [{ actorId?: string | null }?]>('sync')
export const disconnectUpdate = defineUpdate<ConnectionSummary, [{ actorId?: string | null }?]>(
  'disconnect',
)
export const disconnectSignal = defineSignal<[{ actorId?: string | null }?]>('disconnect')
/** New tokens or settings are in the row (a reconnect, a sweep's poke): read it again. */
export const connectionChanged = defineSignal('changed')
export const connectionState = defineQuery<ConnectionState>('state')
