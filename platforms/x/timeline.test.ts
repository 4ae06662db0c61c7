import { describe, expect, test } from '@jest/globals'
import { isSameText, type TimelinePost } from './timeline.ts'

function post(text: string, links: Record<string, string> = {}): TimelinePost {
  const urls = Object.entries(links).map(([url, expanded_url]) => ({ url, expanded_url }))
  return { id: '1', text, entities: { urls } }
}

describe('isSameText', () => {
  test.each([
    ['plain', post('plain')],
    ['R&D <b> > &amp;', post('R&amp;D &lt;b&gt; &gt; &amp;amp;')],
    [
      'see https://example.com/a',
      post('see https://t.co/x', { 'https://t.co/x': 'https://example.com/a' }),
    ],
    ['see example.com', post('see https://t.co/x', { 'https://t.co/x': 'http://example.com' })],
    ['see EXAMPLE.com/', post('see https://t.co/x', { 'https://t.co/x': 'http://example.com' })],
    [
      'https://a.com/?x=1&y=2 & https://b.com',
      post('https://t.co/1 &amp; https://t.co/2', {
        'https://t.co/1': 'https://a.com/?x=1&y=2',
        'https://t.co/2': 'https://b.com',
      }),
    ],
    ['cafe\u0301 ', post('café')],
    ['a\r\nb', post('a\nb')],
    ['https://t.co/abc', post('https://t.co/abc', { 'https://t.co/abc': 'https://t.co/abc' })],
  ])('%j is found', (draft, listed) => {
    expect(isSameText(listed, draft)).toBe(true)
  })

  test.each([
    ['plain', post('plain!')],
    ['Plain', post('plain')],
    [
      'see https://example.com/a',
      post('see https://t.co/x', { 'https://t.co/x': 'https://example.com/b' }),
    ],
    [
      'see https://example.com/A',
      post('see https://t.co/x', { 'https://t.co/x': 'https://example.com/a' }),
    ],
    ['same', { ...post('same'), referenced_tweets: [{ type: 'replied_to' }] }],
  ])('%j is another post', (draft, listed) => {
    expect(isSameText(listed, draft)).toBe(false)
  })

  test('a long post is compared by its note', () => {
    const long = 'a'.repeat(400)
    const listed = { ...post(`${'a'.repeat(279)}…`), note_tweet: { text: long } }
    expect(isSameText(listed, long)).toBe(true)
  })
})
