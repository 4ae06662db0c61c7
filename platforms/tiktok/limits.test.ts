import { describe, expect, test } from '@jest/globals'
import type { Media } from '../../domain/media.ts'
import type { Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { validateTiktok } from './limits.ts'

const video = (more: Partial<Media> = {}) =>
  makeMedia({
    kind: 'video',
    mimeType: 'video/mp4',
    fileName: 'v.mp4',
    width: 1080,
    height: 1920,
    durationMs: 6_000,
    frameRate: 30,
    videoCodec: 'avc',
    ...more,
  })
const photo = (more: Partial<Media> = {}) => makeMedia(more)
const settings = { privacy_level: 'PUBLIC_TO_EVERYONE' }
const codes = (more: Partial<Content>, text = 'Hi') =>
  validateTiktok(makeContent(text, { settings, ...more })).map(({ code, path }) => [code, path])

describe('what TikTok takes', () => {
  test('a video, one photo and 35 photos', () => {
    expect(codes({ media: [video()] })).toEqual([])
    expect(codes({ media: [photo()] })).toEqual([])
    expect(codes({ media: Array.from({ length: 35 }, () => photo()) })).toEqual([])
  })

  test.each<[string, Media[], string, string]>([
    ['nothing', [], 'media_required', 'media'],
    ['two videos', [video(), video()], 'media_mix', 'media'],
    ['a photo and a video', [photo(), video()], 'media_mix', 'media'],
    ['36 photos', Array.from({ length: 36 }, () => photo()), 'too_many_media', 'media'],
    ['a PNG', [photo({ mimeType: 'image/png' })], 'media_type', 'media.0'],
    ['a GIF', [makeMedia({ kind: 'gif', mimeType: 'image/gif' })], 'media_type', 'media.0'],
    ['a large photo', [photo({ width: 1080, height: 2000 })], 'media_dimensions', 'media.0'],
    ['a large square photo', [photo({ width: 1400, height: 1400 })], 'media_dimensions', 'media.0'],
    ['a slow video', [video({ frameRate: 15 })], 'media_frame_rate', 'media.0'],
    ['a small video', [video({ width: 320 })], 'media_dimensions', 'media.0'],
    ['a long video', [video({ durationMs: 600_001 })], 'media_too_long', 'media.0'],
    ['a heavy video', [video({ bytes: 4_000_000_001 })], 'media_too_large', 'media.0'],
    ['an odd codec', [video({ videoCodec: 'av1' })], 'media_codec', 'media.0'],
  ])('not %s', (_name, media, code, path) => {
    expect(codes({ media })).toEqual([[code, path]])
  })
})

describe('words', () => {
  test('a caption counts UTF-16 units', () => {
    expect(codes({ media: [video()] }, '😀'.repeat(1100))).toEqual([])
    expect(codes({ media: [video()] }, '😀'.repeat(1101))).toEqual([['text_too_long', 'content']])
  })

  test('photos have a short title and a long text', () => {
    const media = [photo()]
    expect(codes({ media }, 'x'.repeat(4000))).toEqual([])
    expect(codes({ media }, 'x'.repeat(4001))).toEqual([['text_too_long', 'content']])
    const title = 'x'.repeat(91)
    expect(codes({ media, settings: { ...settings, title } })).toEqual([
      ['text_too_long', 'settings.title'],
    ])
  })
})

describe('settings', () => {
  test.each<[string, Content['settings'], string, string]>([
    ['no privacy', {}, 'privacy_required', 'settings.privacy_level'],
    ['an odd one', { privacy_level: 'ALL' }, 'invalid_setting', 'settings.privacy_level'],
    ['an unknown one', { ...settings, publish_at: 1 }, 'unknown_setting', 'settings.publish_at'],
    [
      'a private advertisement',
      { privacy_level: 'SELF_ONLY', brand_content_toggle: true },
      'branded_content_private',
      'settings.privacy_level',
    ],
    [
      'a cover behind the end',
      { ...settings, video_cover_timestamp_ms: 6_001 },
      'invalid_setting',
      'settings.video_cover_timestamp_ms',
    ],
  ])('%s', (_name, given, code, path) => {
    expect(codes({ media: [video()], settings: given })).toContainEqual([code, path])
  })

  test('drafts in the inbox need no privacy', () => {
    expect(codes({ media: [video()], settings: { post_mode: 'inbox' } })).toEqual([])
  })

  test('a cover that is not there, and AI marks that photos have not', () => {
    const given = { ...settings, photo_cover_index: 1, is_aigc: true }
    expect(codes({ media: [photo()], settings: given })).toEqual([
      ['invalid_setting', 'settings.photo_cover_index'],
      ['setting_not_applicable', 'settings.is_aigc'],
    ])
  })
})
