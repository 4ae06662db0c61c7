import { describe, expect, test } from '@jest/globals'
import { mastodonLength } from './text-length.ts'

describe('mastodonLength', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['👩‍👩‍👧', 1],
    ['e\u0301', 1],
    ['日本語', 3],
    [`https://example.com/${'x'.repeat(200)}`, 23],
    ['http://a.co', 23],
    ['example.com', 11],
    ['(https://example.com/a)', 25],
    ['@alice', 6],
    ['@alice@mastodon.social', 6],
    ['hi @alice@mastodon.social!', 10],
    ['@alice@mastodon.social @bob@a.example', 11],
    ['mail@alice@mastodon.social', 26],
    ['https://mastodon.social/@alice@example.com', 23],
  ])('%j counts %i', (text, expected) => {
    expect(mastodonLength(text)).toBe(expected)
  })

  test('the content warning counts as it is written', () => {
    expect(mastodonLength('abc', 'https://example.com')).toBe(22)
  })

  test('an instance may reserve another length for links', () => {
    expect(mastodonLength('https://example.com', '', 30)).toBe(30)
  })
})
