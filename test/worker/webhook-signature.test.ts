import { expect, test } from '@jest/globals'
import { signatureHeaders } from '../../worker/webhook-signature.ts'
import { isSignedBy } from './webhook-receiver.ts'

/**
 * The published vector, which the libraries of Standard Webhooks are tested by:
 * https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries
 */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  at: new Date(1_614_265_330_000),
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const OTHER = 'whsec_plJ3nmyCDGBKInavdOK15jsl'

test('signs as the published vector says', () => {
  expect(signatureHeaders(VECTOR, [VECTOR.secret])).toEqual({
    'webhook-id': VECTOR.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': VECTOR.signature,
  })
})

test('signs once for each secret, the current one first', () => {
  const headers = signatureHeaders(VECTOR, [VECTOR.secret, OTHER])
  const [first, second, ...rest] = (headers['webhook-signature'] ?? '').split(' ')
  expect([first, rest]).toEqual([VECTOR.signature, []])
  expect(second).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/)
  expect(second).not.toBe(first)
})

test('the receiver of these tests takes the vector, and nothing that was changed', () => {
  const headers = signatureHeaders(VECTOR, [VECTOR.secret])
  expect(isSignedBy(VECTOR.secret, { headers, body: VECTOR.body })).toBe(true)
  expect(isSignedBy(OTHER, { headers, body: VECTOR.body })).toBe(false)
  expect(isSignedBy(VECTOR.secret, { headers, body: `${VECTOR.body} ` })).toBe(false)
  const later = { ...headers, 'webhook-timestamp': '1614265331' }
  expect(isSignedBy(VECTOR.secret, { headers: later, body: VECTOR.body })).toBe(false)
})
