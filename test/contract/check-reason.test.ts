import { expect, test } from '@jest/globals'
import { checkReason } from './check-reason.ts'

test('sentences for people pass', () => {
  checkReason('X refused the post: You may not do this. Ask its owner.', ['sbx_secret_1'])
})

test.each([
  'X refused the post: Text is not acceptable',
  'x_forbidden.',
  'X answered {"error":"bad"} to this post.',
  'X answered <b>no</b> to this post.',
  'X could not read https://example.com/a?token=1 for this post.',
  'The access sbx_secret_1 of this account has ended.',
  'X could not process “undefined” of this post.',
  'One line of it.\nAnd another line of it.',
])('%j does not', (reason) => {
  expect(() => checkReason(reason, ['sbx_secret_1'])).toThrow()
})
