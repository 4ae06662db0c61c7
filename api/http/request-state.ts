import type { ClarionError } from '../../domain/errors.ts'
import type { Actor } from '../deps.ts'
import type { StoredAnswer } from './idempotency.ts'

/** What is known of one request while it runs. */
export interface RequestState {
  requestId: string
  ip: string | undefined
  /** On the monotonic clock of performance.now(), ms. */
  startedAt: number
  /** Missing until the key was verified, and for public operations. */
  actor?: Actor
  /** Final form of an error, with this request's id. */
  render(error: ClarionError): StoredAnswer
}
