import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { validatePinterest } from './limits.ts'

const board = { board_id: '123' }
const codesOf = (text: string, more: Partial<Content> = {}) =>
  validatePinterest(makeContent(text, { settings: board, ...more })).map(
    ({ code, path }) => `${code} ${path}`,
  )
const image = makeMedia()
const video = makeMedia({
  kind: 'video',
  mimeType: 'video/mp4',
  durationMs: 4_000,
  videoCodec: 'avc',
})
const all = { title: 'T', link: 'https://a.example/', alt_text: 'A', board_section_id: '1' }

describe('what Pinterest takes', () => {
  test.each<[string, string, Partial<Content>]>([
    ['an image without text', '', { media: [image] }],
    ['800 characters', '🎉'.repeat(800), { media: [image], settings: { ...board, ...all } }],
    ['five images', '', { media: Array.from({ length: 5 }, () => image) }],
    ['a video with its cover', '', { media: [video], attached: { cover_media_id: image } }],
    ['a frame', '', { media: [video], settings: { ...board, cover_image_key_frame_time: 2 } }],
  ])('%s', (_name, text, more) => {
    expect(codesOf(text, more)).toEqual([])
  })
})

describe('what it does not take', () => {
  const named = { settings: { board_id: 'Recipes' }, media: [image] }
  const tall = makeMedia({ height: 1800 })
  test.each<[string, string, Partial<Content>, string[]]>([
    ['text alone', 'a', {}, ['media_required media']],
    ['no board', '', { media: [image], settings: {} }, ['board_required settings.board_id']],
    ['the name of a board', '', named, ['invalid_setting settings.board_id']],
    ['801 characters', 'a'.repeat(801), { media: [image] }, ['text_too_long content']],
    ['six images', '', { media: Array.from({ length: 6 }, () => image) }, ['too_many_media media']],
    ['other shapes', '', { media: [image, tall] }, ['media_ratio_differs media']],
    ['a mix', '', { media: [image, video] }, ['media_mix media']],
    ['a GIF', '', { media: [makeMedia({ mimeType: 'image/gif' })] }, ['media_type media.0']],
    [
      'a short video',
      '',
      { media: [{ ...video, durationMs: 3_999 }] },
      ['media_too_short media.0'],
    ],
    ['VP9', '', { media: [{ ...video, videoCodec: 'vp9' }] }, ['media_codec media.0']],
    [
      'a long description of an image',
      '',
      { media: [makeMedia({ altText: 'a'.repeat(501) })] },
      ['alt_text_too_long media.0'],
    ],
    [
      'a long title',
      '',
      { media: [image], settings: { ...board, title: 'a'.repeat(101) } },
      ['invalid_setting settings.title'],
    ],
    [
      'a link that is none',
      '',
      { media: [image], settings: { ...board, link: 'javascript:1' } },
      ['invalid_setting settings.link'],
    ],
    [
      'a cover of an image',
      '',
      { media: [image], settings: { ...board, cover_image_key_frame_time: 1 } },
      ['cover_unused settings.cover_image_key_frame_time'],
    ],
    [
      'a frame between two seconds',
      '',
      { media: [video], settings: { ...board, cover_image_key_frame_time: 2.5 } },
      ['invalid_setting settings.cover_image_key_frame_time'],
    ],
    [
      'a cover in WebP',
      '',
      { media: [video], attached: { cover_media_id: makeMedia({ mimeType: 'image/webp' }) } },
      ['media_type settings.cover_media_id'],
    ],
  ])('%s', (_name, text, more, codes) => {
    expect(codesOf(text, more)).toEqual(codes)
  })
})
