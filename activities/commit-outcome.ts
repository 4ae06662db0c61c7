import type { AttemptEnd, AttemptFailure } from '../db/repositories/attempt-end.ts'
import { reasonFor } from '../domain/failure-reasons.ts'
import { PlatformFailure } from '../domain/failures.ts'
import type { Accepted, Committed } from '../platforms/connector.ts'

export interface CommitOutcome {
  end: AttemptEnd
  /** `retry`: proof that nothing was accepted, try later. `refresh`: ask for a fresh token. */
  after: 'done' | 'retry' | 'refresh'
  /** Instant before which the whole connection should not call the platform again. */
  limitedUntil?: Date
  /** The platform's word, given to a fresh token, that the account is closed to us. */
  revoked?: { code: string; message: string }
  /** What was prepared is of no use any more. */
  startOver?: boolean
}

/** Makes the irreversible call and says what its end proves. Never throws. */
export async function commitOutcome(
  commit: () => Promise<Committed | Accepted>,
  tokenIsFresh: boolean,
): Promise<CommitOutcome | Accepted> {
  try {
    const made = await commit()
    if ('accepted' in made) return made
    return { end: publishedEnd(made, 'answer'), after: 'done' }
  } catch (error) {
    return failedOutcome(error, tokenIsFresh)
  }
}

export function publishedEnd(
  { platformPostId, permalink, metadata, warnings }: Committed,
  confirmedBy: 'answer' | 'lookup',
): AttemptEnd {
  return { status: 'published', confirmedBy, platformPostId, permalink, metadata, warnings }
}

function failedOutcome(error: unknown, tokenIsFresh: boolean): CommitOutcome {
  const failure = attemptFailure(error)
  const startOver = error instanceof PlatformFailure && error.startOver
  switch (failure.kind) {
    case 'rejected':
      return { end: { status: 'rejected', failure, retryable: false }, after: 'done' }
    case 'outcome_unknown':
      return { end: { status: 'unconfirmed', failure }, after: 'done' }
    case 'auth_expired':
      return tokenIsFresh ? refusedForGood(failure) : notSent(failure, 'refresh')
    case 'auth_revoked': {
      const { code, message } = failure
      const known = { ...refusedForGood(failure), revoked: { code, message } }
      return tokenIsFresh ? known : notSent(failure, 'refresh')
    }
    case 'transient':
      return { ...notSent(failure, 'retry'), startOver }
    case 'rate_limited':
      return { ...notSent(failure, 'retry'), limitedUntil: retryAtOf(error), startOver }
  }
}

function notSent(failure: AttemptFailure, after: 'retry' | 'refresh'): CommitOutcome {
  return { end: { status: 'not_sent', failure }, after }
}

/** Refused with a fresh token: only a new consent helps, after which a person may retry. */
function refusedForGood(refused: AttemptFailure): CommitOutcome {
  const failure = { ...refused, code: 'needs_reconnect', message: reasonFor('needs_reconnect') }
  return { end: { status: 'rejected', failure, retryable: true }, after: 'done' }
}

/** An error that is no PlatformFailure is our own fault, after which anything may have been sent. */
export function attemptFailure(error: unknown): AttemptFailure {
  if (error instanceof PlatformFailure) {
    const { kind, code, message, httpStatus } = error
    return { kind, code, message, httpStatus }
  }
  const message = 'Publishing stopped by an error of Clarion; the outcome is being looked up.'
  return { kind: 'outcome_unknown', code: 'internal', message }
}

/** A platform that names no wait gets a minute. */
function retryAtOf(error: unknown): Date {
  const retryAt = error instanceof PlatformFailure ? error.retryAt : undefined
  return retryAt ?? new Date(Date.now() + 60_000)
}
