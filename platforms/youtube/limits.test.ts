import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { validateYoutube } from './limits.ts'

const video = makeMedia({
  kind: 'video',
  mimeType: 'video/mp4',
  fileName: 'v.mp4',
  width: 1080,
  height: 1920,
  durationMs: 60_000,
})
const codes = (more: Partial<Content>, text = 'Hi') => {
  const settings = { title: 'Title', ...more.settings }
  const content = makeContent(text, { media: [video], ...more, settings })
  return validateYoutube(content).map(({ code, path }) => [code, path])
}

test('a video with a title is enough', () => {
  expect(codes({})).toEqual([])
  expect(codes({}, '')).toEqual([])
})

describe('files', () => {
  test.each<[string, Content['media'], string, string]>([
    ['none', [], 'media_required', 'media'],
    ['two', [video, video], 'too_many_media', 'media'],
    ['a picture', [makeMedia()], 'media_type', 'media.0'],
    ['thirteen hours', [{ ...video, durationMs: 13 * 3_600_000 }], 'media_too_long', 'media.0'],
  ])('%s', (_name, media, code, path) => {
    expect(codes({ media })).toEqual([[code, path]])
  })

  test('a short is upright and of three minutes', () => {
    const settings = { kind: 'short' }
    expect(codes({ settings })).toEqual([])
    for (const wrong of [{ height: 600 }, { durationMs: 180_001 }]) {
      const media = [{ ...video, ...wrong }]
      expect(codes({ settings, media })).toEqual([['not_a_short', 'media.0']])
    }
  })

  test('a thumbnail is a small JPEG or PNG', () => {
    const thumbnail = makeMedia({ mimeType: 'image/webp', bytes: 2_000_001 })
    expect(codes({ attached: { thumbnail_media_id: thumbnail } })).toEqual([
      ['media_type', 'settings.thumbnail_media_id'],
      ['media_too_large', 'settings.thumbnail_media_id'],
    ])
  })
})

describe('words', () => {
  test('the description counts bytes', () => {
    expect(codes({}, 'ü'.repeat(2500))).toEqual([])
    expect(codes({}, `ü${'x'.repeat(4999)}`)).toEqual([['text_too_long', 'content']])
    expect(codes({}, 'a < b')).toEqual([['invalid_characters', 'content']])
  })

  test.each<[string, Content['settings'], string, string]>([
    ['no title', { title: undefined }, 'title_required', 'settings.title'],
    ['an empty one', { title: ' ' }, 'title_required', 'settings.title'],
    ['a number', { title: 7 }, 'title_required', 'settings.title'],
    ['a long one', { title: 'x'.repeat(101) }, 'title_too_long', 'settings.title'],
    ['angles', { title: '<3' }, 'invalid_characters', 'settings.title'],
    ['publish_at', { publish_at: '2027-01-01' }, 'unknown_setting', 'settings.publish_at'],
    ['a category', { category_id: 'music' }, 'invalid_setting', 'settings.category_id'],
    ['angles in tags', { tags: ['a', '<b>', '<c>'] }, 'invalid_characters', 'settings.tags'],
  ])('%s', (_name, settings, code, path) => {
    expect(codes({ settings })).toEqual([[code, path]])
  })

  test('tags count commas, and quotes around spaces', () => {
    const tags = Array.from({ length: 10 }, () => 'x'.repeat(49))
    expect(codes({ settings: { tags: [...tags.slice(1), 'x'.repeat(50)] } })).toEqual([])
    const spaced = [...tags.slice(1), `${'x'.repeat(24)} ${'x'.repeat(24)}`]
    expect(codes({ settings: { tags: spaced } })).toEqual([['tags_too_long', 'settings.tags']])
  })

  test('no first comment where there are no comments', () => {
    const firstComment = 'First'
    expect(codes({ firstComment })).toEqual([])
    for (const settings of [{ made_for_kids: true }, { privacy_status: 'private' }]) {
      expect(codes({ firstComment, settings })).toEqual([
        ['first_comment_unsupported', 'settings.first_comment'],
      ])
    }
  })
})
