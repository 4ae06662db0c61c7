import { describe, expect, test } from '@jest/globals'
import { validateX, weightedLength } from './limits.ts'

const FAMILY = '👩‍👩‍👧'

describe('weighted length', () => {
  // The first group is the conformance suite of twitter-text, `lengths`, where version 3 agrees.
  test.each([
    ['This is a test.', 15],
    ['http://test.com', 23],
    ['https://test.com', 23],
    ['test.com', 23],
    ['Test https://test.com test https://test.com test.com test', 86],
    ['저찀쯿쿿', 8],
    ['のの', 4],
    ['🐱', 2],
    [`H🐱☺`, 5],
    [FAMILY, 2],
    ['👍🏽', 2],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['ю', 1],
    ['ა', 1],
    ['ꙮ', 2],
    ['“quoted”', 8],
    ['…', 2],
    ['\u202e', 2],
    ['\n', 1],
    [`https://example.com/${'long'.repeat(100)}`, 23],
    ['mail@example.com', 16],
  ])('%j counts %i', (text, expected) => {
    expect(weightedLength(text)).toBe(expected)
  })
})

describe('validateX', () => {
  const codes = (text: string, settings = {}, limits = {}) =>
    validateX({ text, settings }, limits).map(({ code, path }) => `${code} ${path}`)

  test.each([
    ['a'.repeat(280), []],
    ['a'.repeat(281), ['text_too_long content']],
    ['の'.repeat(140), []],
    ['の'.repeat(141), ['text_too_long content']],
    [FAMILY.repeat(140), []],
    [`${'a'.repeat(256)} https://example.com/${'x'.repeat(300)}`, []],
    ['', ['empty_text content']],
    [' \n\t', ['empty_text content']],
    ['reversed \ufffe', ['invalid_characters content']],
    ['half \ud83d', ['invalid_characters content']],
    ['$AAPL is fine', []],
    ['$AAPL and $MSFT', ['too_many_cashtags content']],
  ])('%j: %j', (text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  test('the message counts', () => {
    const [finding] = validateX({ text: 'a'.repeat(290), settings: {} })
    expect(finding?.message).toContain('290')
    expect(finding?.message).toContain('10 more than the 280')
  })

  test('Premium may write more', () => {
    expect(codes('a'.repeat(25_000), {}, { maxTextLength: 25_000 })).toEqual([])
    expect(codes('a'.repeat(25_001), {}, { maxTextLength: 25_000 })).toHaveLength(1)
  })

  test('settings: good ones, then every bad one at once', () => {
    const good = {
      reply_settings: 'mentionedUsers',
      made_with_ai: true,
      paid_partnership: false,
      community_id: '1493446837214187523',
      share_with_followers: true,
    }
    expect(codes('a', good)).toEqual([])
    const bad = { reply_settings: 'all', made_with_ai: 'yes', community_id: 'x', nullcast: true }
    expect(codes('', bad).sort()).toEqual([
      'empty_text content',
      'invalid_setting settings.community_id',
      'invalid_setting settings.made_with_ai',
      'invalid_setting settings.reply_settings',
      'unknown_setting settings.nullcast',
    ])
  })
})
