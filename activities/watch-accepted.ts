import { cancellationSignal } from '@temporalio/activity'
import type { AttemptEnd, AttemptFailure } from '../db/repositories/attempt-end.ts'
import { PlatformFailure } from '../domain/failures.ts'
import type { Confirmation } from '../platforms/connector.ts'
import { publishedEnd } from './commit-outcome.ts'
import type { ActivityDeps } from './deps.ts'
import type { LookUp } from './look-up.ts'
import { lookUp } from './look-up.ts'
import type { TargetRef } from './types.ts'
import { waitUntil } from './wait-until.ts'

/** Between two looks, whatever the platform asks for. */
const MIN_WAIT_MS = 250
const MAX_WAIT_MS = 15_000
/** After a look that failed. */
const TROUBLE_WAIT_MS = 5_000

/** Between two executions that watch. */
const AGAIN_MS = 60_000

/** The platform is still at work; look again then. */
export interface StillWorking {
  againMs: number
}

/**
 * Watches the platform work on a post that it took, for a while: what became of it, or when to look
 * again. After a day, or when looking cannot tell, it is `unconfirmed`, and a person is told.
 */
export async function watchAccepted(
  deps: ActivityDeps,
  target: TargetRef,
  what: LookUp,
): Promise<AttemptEnd | StillWorking> {
  const { processingPatienceMs, processingDeadlineMs } = deps.timing
  const giveUpAt = Date.now() + processingPatienceMs
  for (;;) {
    const seen = await look(deps, target, what)
    const end = seen && endOf(seen)
    if (end !== undefined) return end
    if (Date.now() >= what.attempt.startedAt.getTime() + processingDeadlineMs) return unknown(seen)
    // Not at work, and not to be known by looking: a person is told at once.
    if (Date.now() >= giveUpAt && seen?.outcome === 'cannot_tell') return unknown(seen)
    if (Date.now() >= giveUpAt) {
      return { againMs: seen?.outcome === 'processing' ? seen.checkAgainMs : AGAIN_MS }
    }
    await waitUntil(Date.now() + waitOf(seen), cancellationSignal())
  }
}

/** What a look proves; undefined when it is to be repeated. */
export function endOf(seen: Confirmation): AttemptEnd | undefined {
  switch (seen.outcome) {
    case 'found':
      return publishedEnd(seen.post, 'lookup')
    case 'absent':
      return { status: 'absent' }
    case 'refused': {
      const failure = { kind: 'rejected' as const, code: seen.code, message: seen.message }
      return { status: 'rejected', failure, retryable: false }
    }
    case 'processing':
    case 'cannot_tell':
      return undefined
  }
}

async function look(
  deps: ActivityDeps,
  target: TargetRef,
  what: LookUp,
): Promise<Confirmation | undefined> {
  try {
    return await lookUp(deps, target, what)
  } catch (error) {
    // A look that fails proves nothing; the next execution comes with the token of then.
    if (error instanceof PlatformFailure) return undefined
    throw error
  }
}

function waitOf(seen: Confirmation | undefined): number {
  const wanted = seen?.outcome === 'processing' ? seen.checkAgainMs : TROUBLE_WAIT_MS
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, wanted))
}

function unknown(seen: Confirmation | undefined): AttemptEnd {
  const message =
    seen && 'message' in seen
      ? seen.message
      : 'The platform took the post and has not said what became of it; Clarion looks again.'
  const code = seen?.outcome === 'cannot_tell' ? 'cannot_tell' : 'still_processing'
  const failure: AttemptFailure = { kind: 'outcome_unknown', code, message }
  return { status: 'unconfirmed', failure }
}
