import { describe, expect, test } from '@jest/globals'
import { bodyFailure } from './post-errors.ts'

const now = new Date('2026-11-21T12:00:00Z')
const failureOf = (json: unknown) => {
  const text = JSON.stringify(json)
  const headers = new Headers()
  return bodyFailure({ status: 200, headers, text, json: () => JSON.parse(text) }, now)
}
const refused = (code: string, words: string, more: object = {}) =>
  failureOf({ json: { errors: [[code, words, 'sr']], ...more } })

test('an answer without errors is none', () => {
  expect(failureOf({ json: { errors: [], data: { id: 'abc' } } })).toBeUndefined()
  expect(failureOf({})).toBeUndefined()
})

describe('how long a throttle lasts', () => {
  test.each([
    ['Take a break for 2 minutes before trying again.', {}, 3 * 60],
    ['Take a break for 45 seconds before trying again.', {}, 46],
    ['Take a break for 1 hour before trying again.', {}, 7200],
    ['Take a break for 300 milliseconds before trying again.', {}, 1],
    ['Bitte 2 Std. warten.', {}, 600],
    ['whatever', { ratelimit: 90.5 }, 90.5],
  ])('%s %j', (words, more, seconds) => {
    const failure = refused('RATELIMIT', words, more)
    expect(failure).toMatchObject({ kind: 'rate_limited', code: 'reddit_rate_limited' })
    expect(failure?.retryAt?.getTime()).toBe(now.getTime() + seconds * 1000)
  })
})

describe('codes', () => {
  test.each<[string, Record<string, unknown>]>([
    ['QUOTA_FILLED', { kind: 'rate_limited', code: 'reddit_quota_filled' }],
    ['SUBREDDIT_RATELIMIT', { kind: 'rate_limited' }],
    ['USER_REQUIRED', { kind: 'auth_expired' }],
    ['ALREADY_SUB', { kind: 'outcome_unknown', code: 'reddit_duplicate' }],
    ['SUBREDDIT_NOTALLOWED', { kind: 'rejected', code: 'reddit_subreddit_notallowed' }],
    ['SUBMIT_VALIDATION_FLAIR_REQUIRED', { kind: 'rejected', code: 'reddit_flair_required' }],
    ['SOMETHING_NEW', { code: 'reddit_something_new', message: 'Reddit refused this: Words.' }],
  ])('%s', (code, expected) => {
    expect(refused(code, 'Words.')).toMatchObject(expected)
  })

  test('a field may be missing or null', () => {
    expect(failureOf({ json: { errors: [['NO_SELFS', null]] } })).toMatchObject({
      kind: 'rejected',
      code: 'reddit_no_selfs',
    })
  })
})
