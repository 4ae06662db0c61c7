import { describe, expect, test } from '@jest/globals'
import { parseLosslessJson } from './lossless-json.ts'

describe('JSON that keeps every digit', () => {
  test.each<[string, unknown]>([
    ['{"user_id":17841405793187218}', { user_id: '17841405793187218' }],
    ['{"data":[{"id":-99999999999999999}]}', { data: [{ id: '-99999999999999999' }] }],
    ['{"expires_in":5183944}', { expires_in: 5183944 }],
    ['[9007199254740991,9007199254740992]', [9007199254740991, '9007199254740992']],
    ['{"share":12345678901234567.5,"big":1e21}', { share: 12345678901234568, big: 1e21 }],
    ['{"id":"17841405793187218"}', { id: '17841405793187218' }],
  ])('%s', (text, expected) => {
    expect(parseLosslessJson(text)).toEqual(expected)
  })

  test('what is no JSON is refused', () => {
    expect(() => parseLosslessJson('<html>')).toThrow(SyntaxError)
  })
})
