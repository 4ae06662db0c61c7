import type { Media } from '../domain/media.ts'
import type { PartRole } from '../domain/parts.ts'
import type { Platform } from '../domain/platforms.ts'
import type { Authorizer } from './authorizer.ts'
import type { Access, Call } from './call.ts'
import type { MediaSource } from './media.ts'

/**
 * Everything one target sends: the post, then the further parts of its thread, then its first
 * comment. Texts are variants already; media are fact sheets.
 */
export interface Content {
  text: string
  /** The platform's own field names in snake_case. */
  settings: Readonly<Record<string, unknown>>
  media: readonly Media[]
  /** Files that settings name, by the setting: `thumbnail_media_id`. */
  attached: Readonly<Record<string, Media>>
  thread: readonly ThreadPart[]
  firstComment?: string
}

export interface ThreadPart {
  text: string
  media: readonly Media[]
}

/** One part of one target, resolved, with the ids frozen for this publish. */
export interface Draft {
  role: PartRole
  text: string
  /** The platform's own field names in snake_case, already validated by `validate`. */
  settings: Readonly<Record<string, unknown>>
  media: readonly Media[]
  attached: Readonly<Record<string, Media>>
  /** Which addition, of the role `extra`: a name that `extras` gave. */
  extra?: string
  /** The post itself; absent for it. */
  root?: PublishedRef
  /** What a reply or comment answers: the part before it, or the post. */
  parent?: PublishedRef
  /**
   * Same for every try of one part in one publish intent; new after a person's retry. ≤ 100
   * characters.
   */
  idempotencyKey: string
  /** Instant frozen for this publish intent; platforms that let clients date a post use it. */
  createdAt: Date
}

/** What `prepare` made, kept between tries and processes. JSON only. */
export interface Prepared {
  /** Ids and offsets; stored in the open, so never anything that grants access. */
  state: Readonly<Record<string, unknown>>
  /** Upload addresses and the like, whose owner may write: stored as ciphertext. */
  secrets?: Readonly<Record<string, string>>
}

/** What surrounds a publish: the transport and the files. */
export interface PublishCall extends Call {
  media: MediaSource
}

/** How `prepare` remembers and waits. */
export interface Workbench {
  /** What an earlier try of the same part saved. */
  prepared?: Prepared
  /** Resolves once it will survive this process; replaces what was saved before. */
  save(prepared: Prepared): Promise<void>
  /** Waits while the platform works; rejects when the publish is withdrawn. */
  pause(ms: number): Promise<void>
}

export interface Warning {
  code: string
  /** Words for a marketer. */
  message: string
}

export interface Committed {
  platformPostId: string
  permalink: string | null
  /** Platform's own extras needed later (a Bluesky cid), no secrets. */
  metadata?: Readonly<Record<string, string>>
  /** It is published, but not quite as asked. */
  warnings?: readonly Warning[]
}

/**
 * The platform took the post and is still working on it; `confirm` is given this and tells how that
 * ends. No secrets.
 */
export interface Accepted {
  accepted: Readonly<Record<string, string>>
}

/** What is known of an attempt whose answer was lost, or whose post is still being worked on. */
export interface Attempt {
  draft: Draft
  startedAt: Date
  /** No byte of this attempt can leave after this instant. */
  sendBefore: Date
  /** Code of the failure that led here: `x_duplicate` forbids concluding `absent`. */
  failureCode?: string
  /** Posts of this account that the ledger knows to be other targets: never the one searched. */
  excludedPostIds?: readonly string[]
  /** What `prepare` had saved, if anything. */
  prepared?: Prepared
  /** What `commit` answered, if it did. */
  accepted?: Readonly<Record<string, string>>
}

export type Found = { outcome: 'found'; post: Committed }
/** Proof that the platform does not hold the post and will not receive it. */
export type Absent = { outcome: 'absent' }
/** The platform took it and has not decided; `message` is for a person who looks meanwhile. */
export type Processing = { outcome: 'processing'; checkAgainMs: number; message: string }
/** Proof that the platform took the post and then refused it: nothing is published. */
export type Refused = { outcome: 'refused'; code: string; message: string }
/** Not decidable (yet); `message` tells a person what to check. */
export type CannotTell = { outcome: 'cannot_tell'; message: string }

export type Confirmation = Found | Absent | Processing | Refused | CannotTell

export interface PublishedRef {
  platformPostId: string
  permalink?: string | null
  metadata?: Readonly<Record<string, string>>
}

/** What the platform says of a published post now. */
export type Looked =
  | { state: 'live'; permalink: string | null }
  | { state: 'removed' }
  | { state: 'unknown' }

/** A problem with content, in words for a marketer; `path` is relative to the target. */
export interface Finding {
  code: string
  path: string
  message: string
}

/** A bound on posts in a rolling window that the platform enforces or documents. */
export interface Cap {
  posts: number
  windowMs: number
  source: string
}

export interface Limits {
  /** Longest text in the platform's own counting. */
  maxTextLength: number
  /** What the count counts: `weighted` (X), `graphemes`, `characters`, `bytes` (UTF-8), `utf16`. */
  textUnit: 'weighted' | 'graphemes' | 'characters' | 'bytes' | 'utf16'
  /** Documentation of these limits. */
  source: string
  /** Hosts may differ (Mastodon): true when `validate` should get instance limits. */
  perInstance?: boolean
  /** Most files of one post. */
  maxMedia?: number
  /** Posts of one account; counted before trying. */
  caps?: readonly Cap[]
  /** Most parts of a thread, the first included; absent: no threads. */
  maxThreadParts?: number
  /** Longest first comment; absent: none can be made. */
  maxFirstCommentLength?: number
}

/** Limits an instance or account declares for itself, read at connect time; kept in metadata. */
export interface AccountLimits {
  maxTextLength?: number
  charactersPerUrl?: number
  maxMedia?: number
  maxImageBytes?: number
  maxVideoBytes?: number
  maxVideoDurationMs?: number
  /** Types of files an instance accepts. */
  mimeTypes?: readonly string[]
}

export interface Connector {
  readonly platform: Platform
  readonly limits: Limits
  /** What can be published: `text`, `link`, `image`, `album`, `video`, `reel`, `story`, `poll` … */
  readonly kinds: readonly string[]
  /** The way accounts of this platform usually connect. */
  readonly auth: Authorizer
  /** JSON Schema (draft 2020-12) of target settings, for `GET /v1/platforms/{platform}`. */
  readonly settingsSchema: Readonly<Record<string, unknown>>
  /** Everything wrong with the content, empty when it may be sent. Pure. */
  validate(content: Content, account?: AccountLimits): Finding[]
  /** Additions that follow the post, in order; each becomes a part with the role `extra`. */
  extras?(content: Content): readonly string[]
  /**
   * Uploads and containers: repeatable at will, publishes nothing. Throws PlatformFailure only;
   * `rejected` is final, `transient` comes back later with what was saved.
   */
  prepare?(draft: Draft, access: Access, call: PublishCall, bench: Workbench): Promise<Prepared>
  /** The irreversible call. Throws PlatformFailure only. */
  commit(
    draft: Draft,
    access: Access,
    call: PublishCall,
    prepared?: Prepared,
  ): Promise<Committed | Accepted>
  /** Read-only and repeatable: what became of an attempt. */
  confirm?(attempt: Attempt, access: Access, call: PublishCall): Promise<Confirmation>
  /** Deletes a published part; gone already counts as removed. */
  remove?(post: PublishedRef, access: Access, call: Call): Promise<void>
  /** Why nothing of this account can be deleted, in words; undefined when it can. */
  removalProblem?(account: { method: string }): string | undefined
  /** Read-only: whether a published post is still there, and where. */
  lookup?(post: PublishedRef, access: Access, call: Call): Promise<Looked>
  /** What a person should look at when `confirm` cannot tell. */
  readonly whereToCheck: (accountHandle: string) => string
}
