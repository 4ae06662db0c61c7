import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { codesOf, makeContent, makeFile } from '../meta/testing/publish.ts'
import { validateInstagram } from './limits.ts'

const image = makeFile()
const video = makeFile('video')
const found = (more: Partial<Content>) => codesOf(validateInstagram(makeContent(more)))

describe('what may be published', () => {
  test.each<[string, Partial<Content>]>([
    ['a picture', { media: [image] }],
    ['a caption at its end', { text: '😀'.repeat(2200), media: [image] }],
    ['a mixed carousel', { media: [image, video] }],
    ['ten files', { media: Array.from({ length: 10 }, () => image) }],
    ['a single video', { media: [video] }],
    ['a reel', { media: [video], settings: { kind: 'reel', share_to_feed: false } }],
    ['a story', { media: [image], settings: { kind: 'story' } }],
    ['a tall story', { media: [makeFile('image', { height: 1920 })], settings: { kind: 'story' } }],
    ['a story whose text is left out', { text: 'x', media: [video], settings: { kind: 'story' } }],
    ['tags', { media: [image], settings: { user_tags: [{ username: '@ada.l', x: 0.5, y: 0.5 }] } }],
    ['a tag in a video', { media: [video], settings: { user_tags: [{ username: 'ada' }] } }],
  ])('%s', (_name, content) => {
    expect(found(content)).toEqual([])
  })
})

describe('what may not', () => {
  const reel = { kind: 'reel' }
  const story = { kind: 'story' }
  test.each<[string, Partial<Content>, string[]]>([
    ['text alone', { text: 'hi' }, ['media_required media']],
    ['text alone as a story', { text: 'hi', settings: story }, ['media_required media']],
    ['a long caption', { text: 'x'.repeat(2201), media: [image] }, ['text_too_long content']],
    ['31 hashtags', { text: '#a '.repeat(31), media: [image] }, ['too_many_hashtags content']],
    ['21 mentions', { text: '@a '.repeat(21), media: [image] }, ['too_many_mentions content']],
    ['eleven files', { media: Array.from({ length: 11 }, () => image) }, ['too_many_media media']],
    ['a PNG', { media: [makeFile('image', { mimeType: 'image/png' })] }, ['media_type media.0']],
    ['a GIF', { media: [makeFile('gif', { mimeType: 'image/gif' })] }, ['media_type media.0']],
    ['a wide picture', { media: [makeFile('image', { width: 2200 })] }, ['media_ratio media.0']],
    [
      'a heavy picture in a carousel',
      { media: [image, makeFile('image', { bytes: 8_000_001 })] },
      ['media_too_large media.1'],
    ],
    ['a picture as a reel', { media: [image], settings: reel }, ['video_required media.0']],
    ['two reels', { media: [video, video], settings: reel }, ['too_many_media media']],
    [
      'a long story',
      { media: [makeFile('video', { durationMs: 61_000 })], settings: story },
      ['media_too_long media.0'],
    ],
    [
      'a short reel',
      { media: [makeFile('video', { durationMs: 2_000 })], settings: reel },
      ['media_too_short media.0'],
    ],
    ['a VP9 video', { media: [makeFile('video', { videoCodec: 'vp9' })] }, ['media_codec media.0']],
    [
      'a comment below a story',
      { media: [image], settings: story, firstComment: 'x' },
      ['first_comment_unsupported settings.first_comment'],
    ],
    [
      'a cover of a picture',
      { media: [image], settings: { thumb_offset: 1 } },
      ['setting_unusable settings.thumb_offset'],
    ],
    [
      'a cover behind the end',
      { media: [video], settings: { thumb_offset: 10_001 } },
      ['cover_after_end settings.thumb_offset'],
    ],
    [
      'a cover that is no JPEG',
      {
        media: [video],
        attached: { cover_media_id: makeFile('image', { mimeType: 'image/png' }) },
      },
      ['media_type settings.cover_media_id'],
    ],
    [
      'a tag without a place',
      { media: [image], settings: { user_tags: [{ username: 'ada' }] } },
      ['tag_without_place settings.user_tags.0'],
    ],
    [
      'a tag without a file',
      {
        media: [image],
        settings: { user_tags: [{ username: 'ada', x: 0, y: 0, media_index: 1 }] },
      },
      ['tag_without_media settings.user_tags.0'],
    ],
    [
      'a place of a story',
      { media: [image], settings: { kind: 'story', location_id: '1' } },
      ['setting_unusable settings.location_id'],
    ],
    [
      'an unknown setting',
      { media: [image], settings: { colour: 'red' } },
      ['unknown_setting settings.colour'],
    ],
    [
      'an unknown kind',
      { media: [image], settings: { kind: 'igtv' } },
      ['invalid_setting settings.kind'],
    ],
  ])('%s', (_name, content, expected) => {
    expect(found(content)).toEqual(expected)
  })
})
