import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { validateLinkedin } from './limits.ts'

const codesOf = (text: string, more: Partial<Content> = {}) =>
  validateLinkedin(makeContent(text, more)).map(({ code, path }) => `${code} ${path}`)
const video = makeMedia({ kind: 'video', mimeType: 'video/mp4', bytes: 75_000, durationMs: 3_000 })
const pdf = makeMedia({
  kind: 'document',
  mimeType: 'application/pdf',
  fileName: 'a.pdf',
  pages: 300,
})
const link = { url: 'https://clarion.example/a', title: 'A page' }
const poll = { question: 'Which?', options: ['a', 'b'], duration: 'ONE_DAY' }

describe('what LinkedIn takes', () => {
  test.each<[string, string, Partial<Content>]>([
    ['3000 units', 'a'.repeat(3000), {}],
    ['a mention counts by its name', `${'a'.repeat(2995)} @[Dev](urn:li:organization:123456)`, {}],
    ['20 images without text', '', { media: Array.from({ length: 20 }, () => makeMedia()) }],
    ['a GIF', '', { media: [makeMedia({ kind: 'gif', mimeType: 'image/gif', frames: 250 })] }],
    ['a video', '', { media: [video] }],
    ['a document', '', { media: [pdf], settings: { title: 'Plan' } }],
    ['a link', 'look', { settings: { link } }],
    ['a poll', 'vote', { settings: { poll, visibility: 'CONNECTIONS' } }],
  ])('%s', (_name, text, more) => {
    expect(codesOf(text, more)).toEqual([])
  })
})

describe('what it does not take', () => {
  test.each<[string, string, Partial<Content>, string[]]>([
    ['nothing', ' ', {}, ['empty_text content']],
    ['3001 units', 'a'.repeat(3001), {}, ['text_too_long content']],
    ['half an emoji', 'a\ud83d', {}, ['invalid_characters content']],
    [
      '21 images',
      '',
      { media: Array.from({ length: 21 }, () => makeMedia()) },
      ['too_many_media media'],
    ],
    ['image and video', '', { media: [makeMedia(), video] }, ['media_mix media']],
    ['WebP', '', { media: [makeMedia({ mimeType: 'image/webp' })] }, ['media_type media.0']],
    [
      'a short video',
      '',
      { media: [{ ...video, durationMs: 2_999 }] },
      ['media_too_short media.0'],
    ],
    ['a tiny video', '', { media: [{ ...video, bytes: 74_999 }] }, ['media_too_small media.0']],
    ['no title', '', { media: [pdf] }, ['title_required settings.title']],
    ['a title too much', 'a', { settings: { title: 'x' } }, ['title_unused settings.title']],
    [
      'link and image',
      '',
      { media: [makeMedia()], settings: { link } },
      ['link_with_media settings.link'],
    ],
    [
      'link without title',
      'a',
      { settings: { link: { url: link.url } } },
      ['invalid_setting settings.link.title'],
    ],
    [
      'one option',
      'a',
      { settings: { poll: { ...poll, options: ['a'] } } },
      ['invalid_setting settings.poll.options'],
    ],
    ['poll and link', 'a', { settings: { poll, link } }, ['poll_with_media settings.poll']],
    ['unknown', 'a', { settings: { mood: 1 } }, ['unknown_setting settings.mood']],
    [
      'a picture of no link',
      'a',
      { settings: { thumbnail_media_id: '9b0e1ff7-6d6c-4c0e-9a55-3e3d0a0f6f8e' } },
      ['thumbnail_unused settings.thumbnail_media_id'],
    ],
  ])('%s', (_name, text, more, codes) => {
    expect(codesOf(text, more)).toEqual(codes)
  })
})
