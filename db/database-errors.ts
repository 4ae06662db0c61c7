import { types } from 'node:util'

/**
 * `unreachable`: no session could be had or it was lost; `conflict`: PostgreSQL gave up this
 * transaction for another one (deadlock, serialization). Both pass: the API answers 503, an
 * activity retries.
 */
export type UnavailableReason = 'unreachable' | 'conflict'

/** Passing trouble; the driver's error is its cause, without row values. */
export class DatabaseUnavailable extends Error {
  readonly reason: UnavailableReason
  /** True when the session was lost during COMMIT: the work may or may not have been kept. */
  readonly outcomeUnknown: boolean

  constructor(reason: UnavailableReason, outcomeUnknown: boolean, cause: unknown) {
    super(WORDS[reason], { cause })
    this.name = 'DatabaseUnavailable'
    this.reason = reason
    this.outcomeUnknown = outcomeUnknown
  }
}

/** The database answers but cannot serve Clarion as it is; `message` says what to do. */
export class DatabaseMisconfigured extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'DatabaseMisconfigured'
  }
}

const WORDS: Readonly<Record<UnavailableReason, string>> = {
  unreachable: 'The database cannot be reached at the moment.',
  conflict: 'The database gave up this transaction for a concurrent one; try again.',
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOST_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25P03'])
const CONFLICT_STATES = new Set(['40001', '40P01', '55P03'])
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
/** A string key, because MikroORM copies those alone into the exceptions it makes. */
const SESSION_MARK = 'databaseSession'
/** pg reports these without a code. */
const LOST_WORDS =
  /connection terminated|timeout exceeded when trying to connect|not queryable|connection ended/i

/**
 * The error as Clarion's callers know it. What is not about availability comes back unchanged, and
 * so does a refused connection to something else that the work inside the transaction met.
 */
export function asDatabaseError(error: unknown, committing: boolean): unknown {
  if (!types.isNativeError(error) || !(SESSION_MARK in error)) return error
  const reason = unavailableReason(error)
  if (reason === undefined) return error
  return new DatabaseUnavailable(reason, committing && reason === 'unreachable', error)
}

/** Undefined for faults of the statement itself, which no retry mends. */
export function unavailableReason(error: unknown): UnavailableReason | undefined {
  if (!types.isNativeError(error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  if (CONFLICT_STATES.has(code)) return 'conflict'
  if (LOST_STATES.has(code) || code.startsWith('08') || SOCKET_CODES.has(code)) return 'unreachable'
  if (LOST_WORDS.test(error.message)) return 'unreachable'
  // Happy eyeballs: localhost refused on IPv6 and IPv4 alike.
  if ('errors' in error && Array.isArray(error.errors)) return firstReason(error.errors)
  return undefined
}

function firstReason(errors: readonly unknown[]): UnavailableReason | undefined {
  for (const error of errors) {
    const reason = unavailableReason(error)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** Name of the violated constraint, whether MikroORM or a raw statement hit it. */
export function violatedConstraint(error: unknown): string | undefined {
  if (!types.isNativeError(error) || !('constraint' in error)) return undefined
  return typeof error.constraint === 'string' ? error.constraint : undefined
}

/**
 * Marks an error as the session's own and takes the row values out of it: PostgreSQL's detail quotes
 * whole rows ("Failing row contains (…)"), secrets pasted into a wrong column included.
 */
export function sessionError(error: unknown): unknown {
  if (!types.isNativeError(error)) return error
  for (const key of ['detail', 'where', 'internalQuery']) {
    if (key in error) Reflect.deleteProperty(error, key)
  }
  return Object.defineProperty(error, SESSION_MARK, { value: true, configurable: true })
}
