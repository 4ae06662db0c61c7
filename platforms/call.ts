import type { Http } from './http.ts'

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
  /** The way the account was connected by (`Authorizer.method`). */
  method?: string
  /** What `identify` left with the connection. */
  metadata?: Readonly<Record<string, unknown>>
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

/** Settings of a platform's hosts; every host is configuration (design §9). */
export interface PlatformHosts {
  apiBaseUrl: string
  authBaseUrl: string
  /** Where codes and refresh tokens are traded, where that is not `authBaseUrl`. */
  tokenBaseUrl?: string
  uploadBaseUrl?: string
  /** Further hosts by name, of a platform whose API is spread over several (Google Business). */
  services?: Readonly<Record<string, string>>
  /** Where permalinks lead; the platform's public site unless given. */
  webBaseUrl?: string
}
