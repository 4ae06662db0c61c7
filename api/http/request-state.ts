import type { ClarionError } from '../../domain/errors.ts'
import type { Actor } from '../deps.ts'
import type { StoredAnswer } from './idempotency.ts'

/** What is known of one request while it runs. */
export interface RequestState {
  requestId: string
  ip: string | undefined
  startedAt: number
  actor?: Actor
  render(error: ClarionError): StoredAnswer
}
