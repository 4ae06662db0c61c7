/**
 * The only ways a connector may fail (design §5). Everything a platform answers is translated into
 * one of these once, at the connector's border; workflows decide by `kind` alone.
 */
export const FAILURE_KINDS = [
  'rate_limited',
  'transient',
  'auth_expired',
  'auth_revoked',
  'rejected',
  'outcome_unknown',
] as const

export type FailureKind = (typeof FAILURE_KINDS)[number]

export interface FailureDetails {
  /** Stable snake_case code, shown in API answers and search attributes. */
  code: string
  /** Words for a marketer: what happened and what to do. Never a token, never a raw body. */
  message: string
  /** Earliest instant at which trying again makes sense; only for `rate_limited`. */
  retryAt?: Date
  /** HTTP status the platform answered, when it answered. */
  httpStatus?: number
  /** What was uploaded or created for this post is of no use any more: prepare anew. */
  startOver?: boolean
  cause?: unknown
}

/** Raised by connectors and by nothing else. `message` is safe to show to people. */
export class PlatformFailure extends Error {
  readonly kind: FailureKind
  readonly code: string
  readonly retryAt: Date | undefined
  readonly httpStatus: number | undefined
  readonly startOver: boolean

  constructor(kind: FailureKind, details: FailureDetails) {
    super(details.message, { cause: details.cause })
    this.name = 'PlatformFailure'
    this.kind = kind
    this.code = details.code
    this.retryAt = details.retryAt
    this.httpStatus = details.httpStatus
    this.startOver = details.startOver === true
  }
}

export function rateLimited(details: FailureDetails & { retryAt: Date }): PlatformFailure {
  return new PlatformFailure('rate_limited', details)
}

/** Trouble that passes, and proof that the platform did not accept the call. */
export function transient(details: FailureDetails): PlatformFailure {
  return new PlatformFailure('transient', details)
}

/** The access token is refused; a fresh one may work. */
export function authExpired(details: FailureDetails): PlatformFailure {
  return new PlatformFailure('auth_expired', details)
}

/** The account withdrew its consent or is locked: a person must reconnect. */
export function authRevoked(details: FailureDetails): PlatformFailure {
  return new PlatformFailure('auth_revoked', details)
}

/** The platform refuses this content for good. */
export function rejected(details: FailureDetails): PlatformFailure {
  return new PlatformFailure('rejected', details)
}

/** Bytes may have left and no answer proves the outcome: never send again on a guess. */
export function outcomeUnknown(details: FailureDetails): PlatformFailure {
  return new PlatformFailure('outcome_unknown', details)
}
