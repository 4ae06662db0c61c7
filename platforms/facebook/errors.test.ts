import { describe, expect, test } from '@jest/globals'
import type { HttpAnswer } from '../http.ts'
import { facebookFailure } from './errors.ts'

function answer(code: number, subcode?: number, message = 'refused'): HttpAnswer {
  const error = { message, code, error_subcode: subcode }
  const text = JSON.stringify({ error })
  return { status: 400, headers: new Headers(), text, json: () => JSON.parse(text) }
}

describe('what Facebook answers to the call that publishes', () => {
  test.each<[number, number | undefined, Record<string, unknown>]>([
    [506, 1455006, { kind: 'outcome_unknown', code: 'facebook_duplicate' }],
    [506, undefined, { kind: 'outcome_unknown', code: 'facebook_duplicate' }],
    [100, 1366051, { kind: 'outcome_unknown', code: 'facebook_duplicate' }],
    [100, 1609005, { kind: 'outcome_unknown', code: 'facebook_trouble' }],
    [2, undefined, { kind: 'outcome_unknown', code: 'facebook_unavailable' }],
    [100, 1366046, { kind: 'rejected', code: 'facebook_photo_too_large' }],
    [100, 1609008, { kind: 'rejected', code: 'facebook_link_refused' }],
    [352, undefined, { kind: 'rejected', code: 'facebook_media_refused' }],
    [200, 1404078, { kind: 'rejected', code: 'facebook_publishing_not_allowed' }],
    [368, 1346003, { kind: 'rejected', code: 'facebook_content_refused' }],
    [368, undefined, { kind: 'rejected', code: 'facebook_account_blocked' }],
    [200, undefined, { kind: 'rejected', code: 'facebook_permission_missing' }],
    [1, 1390008, { kind: 'rate_limited' }],
    [80001, undefined, { kind: 'rate_limited' }],
    [190, 492, { kind: 'auth_revoked' }],
  ])('%i/%s', (code, subcode, expected) => {
    expect(facebookFailure(answer(code, subcode), 'irreversible')).toMatchObject(expected)
  })

  test('a permission that is told in words', () => {
    const refused = answer(100, undefined, '(#100) No permission to publish the video')
    expect(facebookFailure(refused, 'irreversible')).toMatchObject({
      kind: 'rejected',
      code: 'facebook_publishing_not_allowed',
    })
  })
})

test.each<[number, number, Record<string, unknown>]>([
  [506, 1455006, { kind: 'rejected', code: 'facebook_duplicate' }],
  [6000, 1363033, { kind: 'transient', code: 'facebook_trouble' }],
  [6001, 1363037, { kind: 'transient', code: 'facebook_upload_lost', startOver: true }],
  [6000, 1363031, { kind: 'rejected', code: 'facebook_media_refused' }],
])('a call that may be repeated: %i/%i', (code, subcode, expected) => {
  expect(facebookFailure(answer(code, subcode), 'repeatable')).toMatchObject(expected)
})
