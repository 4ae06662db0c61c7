import type { Database } from '../db/open-database.ts'
import type { AppKey, Platform } from '../domain/platforms.ts'
import type { AppCredentials, Authorizer } from '../platforms/authorizer.ts'
import type { RateLimitState } from '../platforms/call.ts'
import type { Connector } from '../platforms/connector.ts'
import type { Http } from '../platforms/http.ts'
import type { MediaSource } from '../platforms/media.ts'
import type { TokenCipher } from '../vault/token-cipher.ts'
import type { KeyCiphers } from './keys/key-ciphers.ts'
import type { ConnectionRef, FreshTokenInput, FreshTokenResult } from './types.ts'

/** What activities need from the outside; the worker builds it once per process. */
export interface ActivityDeps {
  db: Database
  cipher: TokenCipher
  /** Logins for rotating keys; without them the worker's own is used. */
  keys?: KeyCiphers
  http: Http
  /** Files of a tenant. */
  media(tenantId: string): MediaSource
  connector(platform: Platform): Connector
  authorizer(platform: Platform, method: string): Authorizer | undefined
  /** The installation's app at a platform; undefined when none is configured. */
  app(key: AppKey): AppCredentials | undefined
  /** Asks the connection's own workflow, the only refresher, for a token newer than the given. */
  freshToken(input: FreshTokenInput): Promise<FreshTokenResult>
  /** Starts or wakes a workflow from its row; used by the sweep. */
  poke(kind: 'post' | 'connection', tenantId: string, id: string): Promise<void>
  /** Status of a workflow, by id: strongly consistent, unlike listing. */
  workflowStatus(kind: 'post' | 'connection', tenantId: string, id: string): Promise<WorkflowStatus>
  /** Listeners for what platforms tell of their budgets. */
  limits: { of(ref: ConnectionRef): (state: RateLimitState) => void }
  timing: Timing
  metrics: ActivityMetrics
  /** Names this process in the ledger. */
  workerId: string
  log: Log
}

/** `missing`: the server knows no such id (any more). */
export type WorkflowStatus = 'running' | 'closed' | 'missing'

export interface Timing {
  /** Longest time between the ledger's entry and the platform's answer. */
  commitTimeoutMs: number
  /** A token that ends sooner than this after the due instant is refreshed first. */
  tokenMarginMs: number
  /** How long one execution watches the platform work on a post that it took. */
  processingPatienceMs: number
  /** How long a platform may work on a post before its outcome counts as unknown. */
  processingDeadlineMs: number
}

/** Counts for Prometheus; never throws. */
export interface ActivityMetrics {
  /** `lateMs`: after the due instant, of an attempt that was answered with success. */
  attemptEnded(platform: Platform, outcome: string, lateMs?: number): void
  refreshEnded(platform: Platform, outcome: string): void
  swept(disagreements: number): void
}

/** The part of pino that activities use; fields hold ids and codes, never tokens. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
