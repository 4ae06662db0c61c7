import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { kindOf, subredditOf, validateReddit } from './limits.ts'

const photo = makeMedia()
const gif = makeMedia({ kind: 'gif', mimeType: 'image/gif' })
const video = makeMedia({ kind: 'video', mimeType: 'video/mp4', durationMs: 60_000 })
const contentOf = (more: Partial<Content>, text = '') =>
  makeContent(text, { ...more, settings: { subreddit: 'pics', title: 'Title', ...more.settings } })
const codes = (more: Partial<Content>, text?: string) =>
  validateReddit(contentOf(more, text)).map(({ code, path }) => [code, path])

describe('kinds', () => {
  test.each<[string, Partial<Content>]>([
    ['self', {}],
    ['link', { settings: { link: 'https://example.com/' } }],
    ['image', { media: [photo] }],
    ['image', { media: [gif] }],
    ['gallery', { media: [photo, photo] }],
    ['video', { media: [video], attached: { poster_media_id: photo } }],
  ])('%s', (kind, more) => {
    expect(kindOf(contentOf(more))).toBe(kind)
    expect(codes(more)).toEqual([])
  })
})

describe('what is wrong', () => {
  test.each<[string, Partial<Content>, string, string]>([
    ['no subreddit', { settings: { subreddit: undefined } }, 'subreddit_required', 'subreddit'],
    ['an odd one', { settings: { subreddit: 'a b' } }, 'invalid_setting', 'subreddit'],
    ['no title', { settings: { title: '' } }, 'title_required', 'title'],
    ['a long title', { settings: { title: '😀'.repeat(301) } }, 'title_too_long', 'title'],
    ['no web address', { settings: { link: 'ftp://x.test/' } }, 'invalid_setting', 'link'],
    ['a video without poster', { media: [video] }, 'poster_required', 'poster_media_id'],
    [
      'a link and a file',
      { media: [photo], settings: { link: 'https://example.com/' } },
      'link_with_media',
      'link',
    ],
  ])('%s', (_name, more, code, setting) => {
    expect(codes(more)).toEqual([[code, `settings.${setting}`]])
  })

  test.each<[string, Content['media'], string, string]>([
    ['a video among pictures', [photo, video], 'media_mix', 'media'],
    ['many', Array.from({ length: 21 }, () => photo), 'too_many_media', 'media'],
    ['WebP', [makeMedia({ mimeType: 'image/webp' })], 'media_type', 'media.0'],
    ['a large one', [makeMedia({ bytes: 20_000_001 })], 'media_too_large', 'media.0'],
  ])('files: %s', (_name, media, code, path) => {
    expect(codes({ media })).toEqual([[code, path]])
  })

  test('a long text, counted in characters', () => {
    expect(codes({}, '😀'.repeat(40_000))).toEqual([])
    expect(codes({}, 'x'.repeat(40_001))).toEqual([['text_too_long', 'content']])
  })
})

test.each([
  ['pics', 'pics'],
  ['r/pics', 'pics'],
  ['/r/pics/', 'pics'],
  ['u_ada', 'u_ada'],
  ['u/ada', 'u_ada'],
  ['/user/ada', 'u_ada'],
])('%s is %s', (subreddit, name) => {
  expect(subredditOf({ subreddit })).toBe(name)
})
