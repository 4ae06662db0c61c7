import { describe, expect, test } from '@jest/globals'
import type { PlatformFailure } from '../domain/failures.ts'
import {
  authExpired,
  authRevoked,
  outcomeUnknown,
  rateLimited,
  rejected,
  transient,
} from '../domain/failures.ts'
import { commitOutcome } from './commit-outcome.ts'

const DETAILS = { code: 'some_code', message: 'Words for a marketer.', httpStatus: 418 }
const RETRY_AT = new Date('2026-12-01T09:00:00Z')

function outcomeOf(failure: unknown, tokenIsFresh = false) {
  return commitOutcome(() => Promise.reject(failure), tokenIsFresh)
}

describe('the end of a commit', () => {
  test('that was answered is published, confirmed by the answer', async () => {
    const post = { platformPostId: 'p1', permalink: 'https://x.test/p1' }
    expect(await commitOutcome(async () => post, false)).toEqual({
      end: { status: 'published', confirmedBy: 'answer', ...post, metadata: undefined },
      after: 'done',
    })
  })

  test.each<[PlatformFailure, string, string]>([
    [rejected(DETAILS), 'rejected', 'done'],
    [outcomeUnknown(DETAILS), 'unconfirmed', 'done'],
    [transient(DETAILS), 'not_sent', 'retry'],
    [authExpired(DETAILS), 'not_sent', 'refresh'],
    [authRevoked(DETAILS), 'not_sent', 'refresh'],
  ])('by %p is %s, then %s', async (failure, status, after) => {
    const { kind } = failure
    expect(await outcomeOf(failure)).toMatchObject({
      end: { status, failure: { kind, ...DETAILS } },
      after,
    })
  })

  test('by a limit holds the whole connection until the platform says', async () => {
    expect(await outcomeOf(rateLimited({ ...DETAILS, retryAt: RETRY_AT }))).toMatchObject({
      end: { status: 'not_sent' },
      after: 'retry',
      limitedUntil: RETRY_AT,
    })
  })

  test.each([authExpired(DETAILS), authRevoked(DETAILS)])(
    'by %p with a fresh token needs a person, who may retry',
    async (failure) => {
      expect(await outcomeOf(failure, true)).toMatchObject({
        end: { status: 'rejected', retryable: true, failure: { code: 'needs_reconnect' } },
        after: 'done',
      })
    },
  )

  test('by a mistake of our own proves nothing, and tells nothing', async () => {
    const outcome = await outcomeOf(new TypeError('access token sbx_secret_1 is not a function'))
    expect(outcome).toMatchObject({ end: { status: 'unconfirmed', failure: { code: 'internal' } } })
    expect(JSON.stringify(outcome)).not.toContain('sbx_secret_1')
  })
})
