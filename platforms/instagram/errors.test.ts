import { describe, expect, test } from '@jest/globals'
import type { HttpAnswer } from '../http.ts'
import { containerFailure, instagramFailure, retriesAfter } from './errors.ts'

function answer(code: number, subcode?: number, status = 400): HttpAnswer {
  const error = { message: 'refused', code, error_subcode: subcode }
  const text = JSON.stringify({ error })
  return { status, headers: new Headers(), text, json: () => JSON.parse(text) }
}

describe('what Instagram answers to the call that publishes', () => {
  test.each<[number, number | undefined, Record<string, unknown>]>([
    [9007, 2207027, { kind: 'transient', code: 'instagram_still_processing', startOver: false }],
    [24, 2207008, { kind: 'transient', code: 'instagram_container_lost', startOver: true }],
    [-2, 2207020, { kind: 'transient', code: 'instagram_container_lost', startOver: true }],
    [24, 2207006, { kind: 'outcome_unknown', code: 'instagram_media_gone' }],
    [-1, 2207001, { kind: 'outcome_unknown' }],
    [1, undefined, { kind: 'outcome_unknown' }],
    [9, 2207042, { kind: 'rate_limited', code: 'instagram_daily_cap' }],
    [80002, undefined, { kind: 'rate_limited' }],
    [4, 2207051, { kind: 'rejected', code: 'instagram_account_blocked' }],
    [25, 2207050, { kind: 'rejected', code: 'instagram_account_restricted' }],
    [190, 463, { kind: 'auth_expired' }],
    [190, 460, { kind: 'auth_revoked' }],
    [10, undefined, { kind: 'rejected', code: 'instagram_permission_missing' }],
    [100, 2207023, { kind: 'rejected', code: 'instagram_setting_refused' }],
    [36003, 2207009, { kind: 'rejected', code: 'instagram_media_ratio' }],
  ])('%i/%s', (code, subcode, expected) => {
    expect(instagramFailure(answer(code, subcode), 'irreversible')).toMatchObject(expected)
  })

  test('a daily cap is over after a day', () => {
    const { retryAt } = instagramFailure(answer(9, 2207042), 'irreversible')
    expect(retryAt?.getTime()).toBeGreaterThan(Date.now() + 23 * 3_600_000)
  })
})

describe('what it answers to calls that may be repeated', () => {
  test.each<[number, number | undefined, Record<string, unknown>]>([
    [-2, 2207003, { kind: 'transient', code: 'instagram_media_trouble' }],
    [9004, 2207052, { kind: 'rejected', code: 'instagram_media_fetch_failed' }],
    [9004, undefined, { kind: 'rejected', code: 'instagram_media_fetch_failed' }],
    [24, 2207006, { kind: 'rejected', code: 'instagram_not_found' }],
    [100, 33, { kind: 'rejected', code: 'instagram_not_found' }],
    [36001, 2207005, { kind: 'rejected', code: 'instagram_media_format' }],
  ])('%i/%s', (code, subcode, expected) => {
    expect(instagramFailure(answer(code, subcode), 'repeatable')).toMatchObject(expected)
  })
})

describe('what a failed container tells', () => {
  test.each([
    ['Error: Media upload has failed with error code 2207082', 'instagram_media_trouble', 3],
    ['Error: Media upload has failed with error code 2207077', 'instagram_media_unreadable', 1],
    ['Error: Media upload has failed with error code 2207026', 'instagram_media_format', 0],
    ['Error: something new', 'instagram_processing_failed', 0],
    ['', 'instagram_processing_failed', 0],
  ])('%s', (detail, code, retries) => {
    const failure = containerFailure(detail)
    expect(failure).toMatchObject({ code })
    expect(retriesAfter(failure)).toBe(retries)
  })

  test('its words go on without anything like a token', () => {
    const { message } = containerFailure(`Error: EAAB${'x'.repeat(40)} is broken`)
    expect(message).toContain('is broken')
    expect(message).not.toContain('xxxx')
  })
})
