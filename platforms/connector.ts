import type { Platform } from '../domain/platforms.ts'
import type { Http } from './http.ts'

/** How a platform's tokens stay alive (design §5). */
export type RefreshModel = 'rotating' | 'reusable' | 'extension' | 'none'

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

/** Decrypted access to one account. Lives in activity memory only. */
export interface Access {
  accessToken: string
  /** `bearer`, `dpop`, `oauth1`. */
  tokenType: string
  /** Further secrets by kind, such as `token_secret` of OAuth 1.0a. */
  secrets: Readonly<Record<string, string>>
  accountId: string
  accountHandle: string
  /** Origin of a user-given host: a Mastodon instance or a Bluesky PDS. */
  serviceUrl?: string
  scopes: readonly string[]
}

/** What surrounds one call: cancellation, transport, and the instant after which nothing is sent. */
export interface Call {
  http: Http
  signal: AbortSignal
  /**
   * A commit that starts after this instant must fail as `transient` without sending: it keeps a
   * process that was paused between ledger and call from posting behind the back of `confirm`.
   */
  sendBefore?: Date
  /** Told about every answer's rate-limit headers, so that the whole connection can obey. */
  onRateLimit?(state: RateLimitState): void
}

export interface RateLimitState {
  limit?: number
  remaining?: number
  resetsAt?: Date
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

/** Client credentials of Clarion's app at the platform (or at one Mastodon instance). */
export interface AppCredentials {
  clientId: string
  clientSecret?: string
}

export interface AuthorizeRequest {
  app: AppCredentials
  redirectUri: string
  state: string
  /** S256 challenge of the session's verifier. */
  codeChallenge: string
  scopes: readonly string[]
  serviceUrl?: string
}

export interface ExchangeRequest {
  app: AppCredentials
  redirectUri: string
  /** The callback's query as received. */
  params: URLSearchParams
  state: string
  codeVerifier: string
  serviceUrl?: string
}

/** Tokens as a platform gave them. A missing `refreshToken` never erases a stored one. */
export interface Grant {
  accessToken: string
  tokenType: string
  expiresAt?: Date
  refreshToken?: string
  refreshExpiresAt?: Date
  /** Further secrets to store encrypted, by kind (`app_password`, `token_secret`). */
  secrets?: Readonly<Record<string, string>>
  scopes: readonly string[]
  /** Host that the tokens belong to, where sign-in reveals it (a Bluesky PDS). */
  serviceUrl?: string
}

/** The account behind a grant, as `GET /v1/connections` shows it. */
export interface Account {
  platformAccountId: string
  handle: string
  displayName: string | null
  profileImageUrl: string | null
  /** `personal`, `page`, `channel` … the platform's own distinction. */
  kind: string
  serviceUrl?: string
  /** Kept on the connection, no secrets: instance limits, premium tier … */
  metadata?: Readonly<Record<string, unknown>>
}

export interface RefreshRequest {
  app?: AppCredentials
  accessToken: string
  refreshToken?: string
  secrets: Readonly<Record<string, string>>
  serviceUrl?: string
}

/** How accounts of a platform connect and how their tokens stay alive. */
export interface Authorizer {
  readonly refreshModel: RefreshModel
  /** Scopes publishing, reading back and deleting need. */
  readonly scopes: readonly string[]
  /** Missing: this platform has no redirect flow. */
  authorizationUrl?(request: AuthorizeRequest, call: Call): Promise<URL>
  exchange?(request: ExchangeRequest, call: Call): Promise<Grant>
  /** Registers Clarion at a host that hands out its own client ids (Mastodon). */
  registerApp?(serviceUrl: string, redirectUri: string, call: Call): Promise<AppCredentials>
  /** Connects without redirect from what a person typed in; see `credentialsSchema`. */
  withCredentials?(credentials: Readonly<Record<string, string>>, call: Call): Promise<Grant>
  /** The fields of `withCredentials`; `secret` fields are never echoed. */
  readonly credentialFields?: readonly { name: string; required: boolean; secret: boolean }[]
  /** Throws `auth_revoked` only on proof that the grant is dead. */
  refresh?(request: RefreshRequest, call: Call): Promise<Grant>
  revoke?(request: RefreshRequest, call: Call): Promise<void>
  /** Who the grant belongs to; also the read-only validation of a connection. */
  identify(access: AccountAccess, call: Call): Promise<Account>
}

/** Settings of a platform's hosts; every host is configuration (design §9). */
export interface PlatformHosts {
  apiBaseUrl: string
  authBaseUrl: string
  /** Where permalinks lead; the platform's public site unless given. */
  webBaseUrl?: string
}

export type AccountAccess = Pick<Access, 'accessToken' | 'tokenType' | 'secrets' | 'serviceUrl'>
