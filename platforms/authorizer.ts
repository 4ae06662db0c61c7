import type { RefreshModel } from '../domain/connection-state.ts'
import type { AppKey, Platform } from '../domain/platforms.ts'
import type { Access, Call } from './call.ts'

/** Client credentials of Clarion's app at the platform (or at one Mastodon instance). */
export interface AppCredentials {
  clientId: string
  clientSecret?: string
}

export interface AuthorizeRequest {
  app: AppCredentials
  redirectUri: string
  state: string
  /** Of PKCE, 64 unreserved characters; `s256` in oauth.ts makes the usual challenge. */
  codeVerifier: string
  /** What a person asked for; empty means the authorizer's own `scopes`. */
  scopes: readonly string[]
  serviceUrl?: string
  /** The account is connected again: platforms that remember declined scopes are asked anew. */
  isReconnect: boolean
}

/** Where to send the browser. */
export interface Redirect {
  url: URL
  /** Kept encrypted with the session until the callback (a request token's secret, a DPoP key). */
  secrets?: Readonly<Record<string, string>>
  /** What the callback carries in place of `state` (OAuth 1.0a: its `oauth_token`). */
  stateKey?: string
}

export interface ExchangeRequest {
  app: AppCredentials
  redirectUri: string
  /** The callback's query as received. */
  params: URLSearchParams
  state: string
  codeVerifier: string
  /** As `Redirect.secrets` had them. */
  secrets: Readonly<Record<string, string>>
  serviceUrl?: string
}

/** Tokens as a platform gave them. A missing `refreshToken` never erases a stored one. */
export interface Grant {
  accessToken: string
  tokenType: string
  expiresAt?: Date
  refreshToken?: string
  refreshExpiresAt?: Date
  /** Further secrets to store encrypted, by kind (`app_password`, `token_secret`, `dpop_key`). */
  secrets?: Readonly<Record<string, string>>
  /** When secrets end that have an end of their own (the person's token beside a Page's). */
  secretsExpireAt?: Readonly<Record<string, Date>>
  scopes: readonly string[]
  /** Host that the tokens belong to, where sign-in reveals it (a Bluesky PDS). */
  serviceUrl?: string
  /** Where this grant lives otherwise than the platform's usual (LinkedIn without refresh token). */
  refreshModel?: RefreshModel
}

/** The account behind a grant, as `GET /v1/connections` shows it. */
export interface Account {
  platformAccountId: string
  handle: string
  displayName: string | null
  profileImageUrl: string | null
  /** `personal`, `page`, `channel`, `organization`, `location` … the platform's own distinction. */
  kind: string
  serviceUrl?: string
  /** Account at the platform that this one belongs to: the Page behind an Instagram account. */
  parentAccountId?: string
  /** Platform's id of the person who consented, where that is another than the account. */
  grantorId?: string
  /** Kept on the connection, no secrets: instance limits, premium tier … */
  metadata?: Readonly<Record<string, unknown>>
}

/** One account that a consent covers. */
export interface CoveredAccount {
  account: Account
  /** Tokens of this account alone (a Page's), in place of those of the consent. */
  grant?: Grant
  /** Why it cannot be connected, in words for a person; the list shows it all the same. */
  problem?: { code: string; message: string }
}

/** A place within an account that a post may go to: a board, a subreddit. */
export interface Destination {
  id: string
  kind: string
  name: string
  handle?: string
  imageUrl?: string
  canPost: boolean
  /** Why not, in words for a person. */
  reason?: string
  /** Facts worth showing, no secrets (`privacy`, `posting_requirements` …). */
  detail?: Readonly<Record<string, unknown>>
}

/** A stored connection's access; `accountId` and `accountKind` say which of a consent's accounts. */
export type AccountAccess = Pick<Access, 'accessToken' | 'tokenType' | 'secrets' | 'serviceUrl'> & {
  app?: AppCredentials
  /** End of the access token, where it is known. */
  expiresAt?: Date
  accountId?: string
  accountKind?: string
  parentAccountId?: string
  scopes?: readonly string[]
}

export interface RefreshRequest extends Omit<AccountAccess, 'tokenType'> {
  tokenType?: string
  refreshToken?: string
}

/** What ends when a token is revoked: it alone, or everything this person ever granted the app. */
export type Revocation =
  | { scope: 'token' }
  /** `platforms`: connections that one grant may cover; the grant is spared while others live. */
  | { scope: 'grant'; platforms: readonly Platform[] }

/**
 * One way in which accounts of a platform connect and their tokens stay alive. A platform may have
 * several (X by OAuth 2 and 1.0a); a connection remembers its `method`.
 */
export interface Authorizer {
  readonly platform: Platform
  /** Unique within the platform: `oauth2`, `oauth1`, `app_password`, `facebook_login` … */
  readonly method: string
  /** Whose client credentials it uses. */
  readonly appKey: AppKey
  readonly refreshModel: RefreshModel
  /** Scopes publishing, reading back and deleting need. */
  readonly scopes: readonly string[]
  /** What an asked scope is called in grants, where a platform names them otherwise. */
  missingScopes?(granted: readonly string[]): string[]
  /** Missing: there is no redirect flow. Throws PlatformFailure only, like all of these. */
  authorizationUrl?(request: AuthorizeRequest, call: Call): Promise<Redirect>
  exchange?(request: ExchangeRequest, call: Call): Promise<Grant>
  /** Registers Clarion at a host that hands out its own client ids (Mastodon). */
  registerApp?(serviceUrl: string, redirectUri: string, call: Call): Promise<AppCredentials>
  /** The consent happens at a host that the person names (Mastodon, Bluesky). */
  readonly needsServiceUrl?: boolean
  /** Connects without redirect from what a person typed in; see `credentialFields`. */
  withCredentials?(credentials: Readonly<Record<string, string>>, call: Call): Promise<Grant>
  /** The fields of `withCredentials`; `secret` fields are never echoed. */
  readonly credentialFields?: readonly { name: string; required: boolean; secret: boolean }[]
  /** Throws `auth_revoked` only on proof that the grant is dead. */
  refresh?(request: RefreshRequest, call: Call): Promise<Grant>
  revoke?(request: RefreshRequest, call: Call): Promise<void>
  readonly revocation?: Revocation
  /**
   * Who the access belongs to; also the read-only validation of a connection: with `accountId` it
   * throws `auth_revoked` when the access no longer covers that account.
   */
  identify(access: AccountAccess, call: Call): Promise<Account>
  /** Accounts that a consent covers, where it may be others than the one of `identify`. */
  accounts?(access: AccountAccess, call: Call): Promise<CoveredAccount[]>
  /** Places within a connected account that posts may go to. */
  destinations?(access: AccountAccess, call: Call): Promise<Destination[]>
  /** Checks client credentials without a person; throws `rejected` when the platform refuses them.
   * Missing: the platform has no way to tell. */
  verifyApp?(app: AppCredentials, call: Call): Promise<void>
}
