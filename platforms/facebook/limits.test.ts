import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { codesOf, makeContent, makeFile } from '../meta/testing/publish.ts'
import { validateFacebook } from './limits.ts'

const image = makeFile()
const video = makeFile('video')
const reel = { kind: 'reel' }
const story = { kind: 'story' }
const found = (more: Partial<Content>) => codesOf(validateFacebook(makeContent(more)))

describe('what may be published', () => {
  test.each<[string, Partial<Content>]>([
    ['a text at its end', { text: '😀'.repeat(63_206), firstComment: 'x' }],
    ['a link alone', { settings: { link: 'https://a.test/' } }],
    ['a picture alone', { media: [image] }],
    ['an album', { text: 'x', media: Array.from({ length: 10 }, () => image) }],
    ['a GIF', { media: [makeFile('gif', { mimeType: 'image/gif' })] }],
    ['a wide video', { media: [makeFile('video', { width: 1920, height: 1080 })] }],
    ['a reel', { media: [video], settings: { ...reel, title: 'Baking' } }],
    [
      'a reel of another resolution',
      { media: [makeFile('video', { width: 720, height: 1280 })], settings: reel },
    ],
    ['a story', { media: [image], settings: story }],
    ['a moving story', { text: 'left out', media: [video], settings: story }],
  ])('%s', (_name, content) => {
    expect(found(content)).toEqual([])
  })
})

describe('what may not', () => {
  test.each<[string, Partial<Content>, string[]]>([
    ['nothing', { text: ' ' }, ['empty_text content']],
    ['a long text', { text: 'x'.repeat(63_207) }, ['text_too_long content']],
    ['a text as a reel', { text: 'x', settings: reel }, ['media_required media']],
    ['a text as a story', { text: 'x', settings: story }, ['media_required media']],
    ['a picture beside a video', { media: [image, video] }, ['mixed_media media']],
    ['two videos', { media: [video, video] }, ['mixed_media media']],
    [
      'eleven pictures',
      { media: Array.from({ length: 11 }, () => image) },
      ['too_many_media media'],
    ],
    ['a WebP', { media: [makeFile('image', { mimeType: 'image/webp' })] }, ['media_type media.0']],
    [
      'a heavy picture',
      { media: [image, makeFile('image', { bytes: 10_000_001 })] },
      ['media_too_large media.1'],
    ],
    [
      'a picture too heavy for a story',
      { media: [makeFile('image', { bytes: 4_000_001 })], settings: story },
      ['media_too_large media.0'],
    ],
    ['two files of a story', { media: [image, image], settings: story }, ['too_many_media media']],
    ['a picture as a reel', { media: [image], settings: reel }, ['video_required media.0']],
    [
      'a wide reel',
      { media: [makeFile('video', { width: 1920, height: 1080 })], settings: reel },
      ['media_ratio media.0'],
    ],
    [
      'a long reel',
      { media: [makeFile('video', { durationMs: 90_001 })], settings: reel },
      ['media_too_long media.0'],
    ],
    [
      'a long story',
      { media: [makeFile('video', { durationMs: 60_001 })], settings: story },
      ['media_too_long media.0'],
    ],
    [
      'a card below pictures',
      { media: [image], settings: { link: 'https://a.test/' } },
      ['setting_unusable settings.link'],
    ],
    [
      'a title of a text',
      { text: 'x', settings: { title: 'x' } },
      ['setting_unusable settings.title'],
    ],
    [
      'a comment below a story',
      { media: [image], settings: story, firstComment: 'x' },
      ['first_comment_unsupported settings.first_comment'],
    ],
    ['no link', { text: 'x', settings: { link: 'a.test' } }, ['invalid_setting settings.link']],
    ['an unknown setting', { text: 'x', settings: { a: 1 } }, ['unknown_setting settings.a']],
  ])('%s', (_name, content, expected) => {
    expect(found(content)).toEqual(expected)
  })
})
