import type { ConnectionState } from '../domain/connection-state.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { PostCommand } from '../domain/post-commands.ts'
import type { PostState } from '../domain/post-state.ts'

/** Inputs and results of activities as histories keep them: ids, instants, codes, snapshots of state. */

/** Ids alone: activities read the row themselves, so that no content enters a history. */
export interface PostRef {
  tenantId: string
  postId: string
}

export interface TargetRef extends PostRef {
  targetId: string
}

export interface PublishInput extends TargetRef {
  /** Revision this publish is staged for. */
  revision: number
  /** Epoch ms to wait for inside the activity; null means at once. */
  dueAt: number | null
  /** True on the try after a token refresh: a second refusal is final. */
  tokenIsFresh: boolean
}

/** `post` is the newest snapshot of the row; null when the post is gone. */
export type PublishResult =
  /** The target has an outcome, which the snapshot tells; or there was nothing to send. */
  | { outcome: 'ended'; post: PostState | null }
  /** Refused for its token: nothing was accepted. */
  | { outcome: 'needs_token'; tokenVersion: number; post: PostState | null }
  /** The platform has the post and is still working on it: ask again then. */
  | { outcome: 'processing'; againMs: number }

/**
 * `cannot_tell` carries words for a person: where to look; `againMs` when the platform is still
 * working on the post.
 */
export type ConfirmResult =
  | { outcome: 'ended'; post: PostState | null }
  | { outcome: 'needs_token'; tokenVersion: number }
  | { outcome: 'cannot_tell'; message: string; againMs?: number }

/** `transitionId` makes a repeated execution of the activity the same decision. */
export interface CommandRequest extends PostRef {
  transitionId: string
  command: PostCommand
  expectedRevision?: number
  actorId: string | null
  approvalId?: string
  permalink?: string
}

export type CommandAnswer =
  | { ok: true; post: PostState }
  | { ok: false; code: ErrorCode; post: PostState | null }

/** `staleVersion` is the version the caller was refused with; any newer one will do. */
export interface FreshTokenInput {
  tenantId: string
  connectionId: string
  staleVersion: number
}

/** `retrying`: the refresh failed for now, and is tried again at that RFC 3339 instant. */
export type FreshTokenResult =
  | { outcome: 'fresh' }
  | { outcome: 'retrying'; nextTryAt: string }
  | { outcome: 'needs_reconnect' }

/** A call about what is published; `tokenIsFresh` on the try after a refresh. */
export interface ErrandRef extends TargetRef {
  tokenIsFresh: boolean
}

export type RemovedResult =
  | { outcome: 'removed' }
  | { outcome: 'needs_token'; tokenVersion: number }

export type SeenResult =
  | {
      outcome: 'seen'
      look: { state: 'live' | 'removed' | 'unknown'; permalink: string | null; code: string | null }
    }
  | { outcome: 'needs_token'; tokenVersion: number }

export interface ConnectionRef {
  tenantId: string
  connectionId: string
}

export interface RefreshInput extends ConnectionRef {
  /** Version the workflow believes is current; a newer one in the row ends the call. */
  tokenVersion: number
}

/** The version guards against a reconnect that came in between. */
export interface EndInput extends ConnectionRef {
  tokenVersion: number
}

export interface WarnInput extends EndInput {
  days: number
  /** Epoch ms. */
  endsAt: number
}

/** `connection` is the newest snapshot of the row; null when the connection is gone. */
export type RefreshResult =
  | { outcome: 'refreshed' | 'superseded'; connection: ConnectionState | null }
  | { outcome: 'failed'; code: string; connection: ConnectionState | null }
  | { outcome: 'dead'; code: string; connection: ConnectionState | null }

export interface SweepResult {
  checked: number
  /** Rows without their workflow, or workflows without their row. */
  disagreements: number
  poked: number
}
