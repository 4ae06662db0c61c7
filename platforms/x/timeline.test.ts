import { describe, expect, test } from '@jest/globals'
import { isSamePost, type TimelinePost, type Wanted } from './timeline.ts'

function post(text: string, links: Record<string, string> = {}): TimelinePost {
  const urls = Object.entries(links).map(([url, expanded_url]) => ({ url, expanded_url }))
  return { id: '1', text, entities: { urls } }
}

const isSameText = (listed: TimelinePost, text: string, more: Partial<Wanted> = {}) =>
  isSamePost(listed, { text, fileCount: 0, ...more })

describe('isSamePost', () => {
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
    ['same', { ...post('same'), referenced_tweets: [{ type: 'replied_to', id: '1' }] }],
  ])('%j is another post', (draft, listed) => {
    expect(isSameText(listed, draft)).toBe(false)
  })

  test('a long post is compared by its note', () => {
    const long = 'a'.repeat(400)
    const listed = { ...post(`${'a'.repeat(279)}…`), note_tweet: { text: long } }
    expect(isSameText(listed, long)).toBe(true)
  })
})

describe('posts with files, in threads, that quote', () => {
  const SHORT = 'https://t.co/file'
  const page = { [SHORT]: 'https://x.com/alice/status/1/photo/1' }
  const reply = { referenced_tweets: [{ type: 'replied_to', id: '5' }] }
  const quote = { referenced_tweets: [{ type: 'quoted', id: '6' }] }

  test('a link to a post in the text is a quote that X makes of itself', () => {
    const link = { 'https://t.co/q': 'https://x.com/bob/status/6' }
    const listed = { ...post('see https://t.co/q', link), ...quote }
    expect(isSameText(listed, 'see https://x.com/bob/status/6')).toBe(true)
    const photo = { 'https://t.co/q': 'https://x.com/bob/status/6/photo/1' }
    expect(
      isSameText(post('see https://t.co/q', photo), 'see https://x.com/bob/status/6/photo/1'),
    ).toBe(true)
  })

  test.each<[string, TimelinePost, string, Partial<Wanted>]>([
    ['file', post(`look ${SHORT}`, page), 'look', { fileCount: 1 }],
    ['file without text', post(SHORT, page), '', { fileCount: 1 }],
    [
      'own link, then the file',
      post(`see https://t.co/a ${SHORT}`, { 'https://t.co/a': 'https://a.com', ...page }),
      'see a.com',
      { fileCount: 2 },
    ],
    [
      'keys that fit',
      { ...post(`look ${SHORT}`, page), attachments: { media_keys: ['3_1', '3_2'] } },
      'look',
      { fileCount: 2 },
    ],
    [
      'link known by its key alone',
      { ...post(`look ${SHORT}`), entities: { urls: [{ url: SHORT, media_key: '3_1' }] } },
      'look',
      { fileCount: 1 },
    ],
    ['reply', { ...post('next'), ...reply }, 'next', { parentId: '5' }],
    [
      'reply with the people before it',
      { ...post('@bob next'), ...reply },
      'next',
      { parentId: '5' },
    ],
    [
      'quote',
      {
        ...post('so true https://t.co/q', { 'https://t.co/q': 'https://x.com/bob/status/6' }),
        ...quote,
      },
      'so true',
      { quoteId: '6' },
    ],
    [
      'note with files',
      {
        ...post(`short… ${SHORT}`, page),
        note_tweet: { text: 'long' },
        attachments: { media_keys: ['3_1'] },
      },
      'long',
      { fileCount: 1 },
    ],
  ])('%s', (_name, listed, text, more) => {
    expect(isSameText(listed, text, more)).toBe(true)
  })

  test('the names of the newer description are as good', () => {
    const { referenced_tweets: referenced_posts } = reply
    const listed = { ...post('long…'), note_post: { text: 'long and so on' }, referenced_posts }
    expect(isSameText(listed, 'long and so on', { parentId: '5' })).toBe(true)
    expect(isSameText(listed, 'long and so on', { parentId: '4' })).toBe(false)
    expect(isSameText(listed, 'long…', { parentId: '5' })).toBe(false)
  })

  test.each<[string, TimelinePost, string, Partial<Wanted>]>([
    ['a post quoted by another way', { ...post('so true'), ...quote }, 'so true', {}],
    ['no file where one was sent', post('look'), 'look', { fileCount: 1 }],
    ['a file where none was sent', post(`look ${SHORT}`, page), 'look', {}],
    [
      'an own link is no file',
      post('look https://t.co/a', { 'https://t.co/a': 'https://a.com' }),
      'look',
      { fileCount: 1 },
    ],
    [
      'another number of files',
      { ...post(`look ${SHORT}`, page), attachments: { media_keys: ['3_1'] } },
      'look',
      { fileCount: 2 },
    ],
    ['another parent', { ...post('next'), ...reply }, 'next', { parentId: '4' }],
    ['no reply', post('next'), 'next', { parentId: '5' }],
    ['another quote', { ...post('so true'), ...quote }, 'so true', { quoteId: '7' }],
    ['no mention is dropped from what is no reply', post('@bob next'), 'next', {}],
  ])('another post: %s', (_name, listed, text, more) => {
    expect(isSameText(listed, text, more)).toBe(false)
  })
})
