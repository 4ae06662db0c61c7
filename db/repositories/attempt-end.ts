import type { FailureKind } from '../../domain/failures.ts'
import type { TargetWarning } from '../entities/post-target.ts'

/** What went wrong, in the catalogue's terms; `code` is stable, `message` may change. */
export interface AttemptFailure {
  kind: FailureKind
  code: string
  /** Words for a marketer; stored and shown. */
  message: string
  httpStatus?: number
}

/** How an attempt ended. `not_sent` and `absent` are proof that the platform holds nothing. */
export type AttemptEnd =
  | {
      status: 'published'
      platformPostId: string
      permalink: string | null
      metadata?: Readonly<Record<string, string>>
      confirmedBy: 'answer' | 'lookup'
      warnings?: readonly TargetWarning[]
    }
  | { status: 'rejected'; failure: AttemptFailure; retryable: boolean }
  | { status: 'not_sent'; failure: AttemptFailure }
  | { status: 'unconfirmed'; failure: AttemptFailure }
  | { status: 'absent' }
