import { describe, expect, test } from '@jest/globals'
import { parseServiceUrl, sameOrigin, urlBelow } from './base-url.ts'

describe('parseServiceUrl', () => {
  test.each([
    ['mastodon.social', 'https://mastodon.social'],
    [' https://Mastodon.Social/ ', 'https://mastodon.social'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['localhost:2583', 'https://localhost:2583'],
    ['https://example.com/pds//', 'https://example.com/pds'],
    ['', undefined],
    ['ftp://example.com', undefined],
    ['https://example.com/?q', undefined],
    ['https://example.com/#f', undefined],
    ['two words', undefined],
  ])('%j is %j', (typed, expected) => {
    expect(parseServiceUrl(typed)).toBe(expected)
  })
})

test('urlBelow keeps a path of the base and leaves out undefined values', () => {
  const url = urlBelow('http://127.0.0.1:1/x/', '/2/tweets', { a: 'ü&', b: undefined })
  expect(url.href).toBe('http://127.0.0.1:1/x/2/tweets?a=%C3%BC%26')
})

test('sameOrigin', () => {
  expect(sameOrigin('https://a.test/x', 'https://a.test')).toBe(true)
  expect(sameOrigin('http://a.test', 'https://a.test')).toBe(false)
})
