import type { Platform } from '../domain/platforms.ts'
import type { Authorizer } from './authorizer.ts'
import type { Access, Call } from './call.ts'

/** Content of one target, resolved: variant text, settings, and the ids frozen for this publish. */
export interface Draft {
  text: string
  /** The platform's own field names in snake_case, already validated by `validate`. */
  settings: Readonly<Record<string, unknown>>
  /** Same for every try of one publish intent; new after a person's retry. ≤ 100 characters. */
  idempotencyKey: string
  /** Instant frozen for this publish intent; platforms that let clients date a post use it. */
  createdAt: Date
}

export interface Committed {
  platformPostId: string
  permalink: string | null
  /** Platform's own extras needed later (a Bluesky cid), no secrets. */
  metadata?: Readonly<Record<string, string>>
}

/** What is known of an attempt whose answer was lost. */
export interface Attempt {
  draft: Draft
  startedAt: Date
  /** No byte of this attempt can leave after this instant. */
  sendBefore: Date
  /** Code of the failure that led here: `x_duplicate` forbids concluding `absent`. */
  failureCode?: string
  /** Posts of this account that the ledger knows to be other targets: never the one searched. */
  excludedPostIds?: readonly string[]
}

export type Found = { outcome: 'found'; post: Committed }
/** Proof that the platform does not hold the post and will not receive it. */
export type Absent = { outcome: 'absent' }
/** Not decidable (yet); `message` tells a person what to check. */
export type CannotTell = { outcome: 'cannot_tell'; message: string }

export interface PublishedRef {
  platformPostId: string
  metadata?: Readonly<Record<string, string>>
}

/** A problem with content, in words for a marketer; `path` is relative to the target. */
export interface Finding {
  code: string
  path: string
  message: string
}

export interface Limits {
  /** Longest text in the platform's own counting. */
  maxTextLength: number
  /** What the count counts: `weighted` (X), `graphemes`, `characters`. */
  textUnit: 'weighted' | 'graphemes' | 'characters'
  /** Documentation of these limits. */
  source: string
  /** Hosts may differ (Mastodon): true when `validate` should get instance limits. */
  perInstance?: boolean
}

/** Limits an instance or account declares for itself, read at connect time; kept in metadata. */
export interface AccountLimits {
  maxTextLength?: number
  charactersPerUrl?: number
}

export interface Connector {
  readonly platform: Platform
  readonly limits: Limits
  /** The way accounts of this platform usually connect. */
  readonly auth: Authorizer
  /** JSON Schema (draft 2020-12) of target settings, for `GET /v1/platforms/{platform}`. */
  readonly settingsSchema: Readonly<Record<string, unknown>>
  /** Everything wrong with the content, empty when it may be sent. Pure. */
  validate(content: Pick<Draft, 'text' | 'settings'>, limits?: AccountLimits): Finding[]
  /** The irreversible call. Throws PlatformFailure only. */
  commit(draft: Draft, access: Access, call: Call): Promise<Committed>
  /** Read-only and repeatable search for a post whose answer was lost. */
  confirm?(attempt: Attempt, access: Access, call: Call): Promise<Found | Absent | CannotTell>
  remove?(post: PublishedRef, access: Access, call: Call): Promise<void>
  /** What a person should look at when `confirm` cannot tell. */
  readonly whereToCheck: (accountHandle: string) => string
}
