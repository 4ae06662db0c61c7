import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MediaFacts } from '../domain/media.ts'
import type { Content } from './connector.ts'
import { mediaOfSettings, partsOf, readContent, withDefaults } from './content.ts'

const A = '00000000-0000-4000-8000-00000000000a'
const B = '00000000-0000-4000-8000-00000000000b'
const GONE = '00000000-0000-4000-8000-0000000000ff'

const files = new Map([A, B].map((id) => [id, facts(id)]))

function facts(id: string): MediaFacts {
  const fileName = `${id.at(-1)}.jpg`
  return { id, kind: 'image', mimeType: 'image/jpeg', bytes: 10, sha256: id, fileName }
}

const input = (settings: Record<string, unknown>, media: { media_id: string }[] = []) => ({
  ...{ text: 'one', settings, media },
})

describe('content as it is read', () => {
  test('has the files of the post, of its settings and of its thread', () => {
    const settings = {
      ...{ thumbnail_media_id: B, visibility: 'public', first_comment: 'hi' },
      thread: [{ content: 'two', media: [{ media_id: A, alt_text: 'A cat' }] }, {}],
    }
    const { content, findings } = readContent(input(settings, [{ media_id: B }]), files)
    expect(findings).toEqual([])
    expect(content).toEqual({
      text: 'one',
      settings: { thumbnail_media_id: B, visibility: 'public' },
      media: [facts(B)],
      attached: { thumbnail_media_id: facts(B) },
      thread: [
        { text: 'two', media: [{ ...facts(A), altText: 'A cat' }] },
        { text: '', media: [] },
      ],
      firstComment: 'hi',
    })
  })

  test('names each file that is not there by its place', () => {
    const settings = {
      thumbnail_media_id: GONE,
      thread: [{ content: 'two' }, { media: [{ media_id: A }, { media_id: GONE }] }],
    }
    const { findings, content } = readContent(input(settings, [{ media_id: GONE }]), files)
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ['unknown_media', 'media.0'],
      ['unknown_media', 'settings.thread.1.media.1'],
      ['unknown_media', 'settings.thumbnail_media_id'],
    ])
    expect(content.attached).toEqual({})
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['a thread that is no list', { thread: 'two' }, 'settings.thread'],
    ['a part with an unknown field', { thread: [{ text: 'two' }] }, 'settings.thread.0'],
    ['a file without id', { thread: [{ media: [{}] }] }, 'settings.thread.0.media.0.media_id'],
    ['an empty first comment', { first_comment: '' }, 'settings.first_comment'],
    ['a long thread', { thread: Array.from({ length: 51 }, () => ({})) }, 'settings.thread'],
  ])('says what is malformed: %s', (_what, settings, path) => {
    const { findings, content } = readContent(input(settings), files)
    expect(findings).toMatchObject([{ code: 'invalid_setting', path }])
    expect([content.thread, content.firstComment]).toEqual([[], undefined])
    expect(mediaOfSettings(settings)).toEqual([])
  })

  test('never throws, whatever the settings are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (rest, thread) => {
        const settings = { ...rest, thread, cover_media_id: thread }
        const { findings } = readContent(input(settings), files)
        for (const { path } of findings) expect(path).toMatch(/^settings\./)
        for (const { media_id } of mediaOfSettings(settings))
          expect(media_id).toMatch(/^[\w-]{36}$/)
      }),
    )
  })
})

describe('files that settings name', () => {
  test('are those of threads and of names that end so', () => {
    const settings = {
      ...{ cover_media_id: A, board_id: B, other_media_id: 'no id', media_id: B },
      thread: [{ content: 'two' }, { media: [{ media_id: B, alt_text: 'B' }] }],
    }
    expect(mediaOfSettings(settings)).toEqual([
      { media_id: B, alt_text: 'B', place: 'thread.1' },
      { media_id: A, place: 'settings.cover_media_id' },
    ])
  })
})

describe('the parts of a target', () => {
  const content: Content = {
    ...{ text: 'one', settings: { tag: 'x' }, media: [facts(A)], attached: { cover: facts(B) } },
    ...{ thread: [{ text: 'two', media: [facts(B)] }], firstComment: 'hi' },
  }

  test('are the post, its additions, its replies and its comment', () => {
    const parts = partsOf({ extras: () => ['thumbnail', 'caption'] }, content)
    expect(parts.map(({ role, extra, text }) => [role, extra ?? text])).toEqual([
      ['post', 'one'],
      ['extra', 'thumbnail'],
      ['extra', 'caption'],
      ['reply', 'two'],
      ['comment', 'hi'],
    ])
    expect(parts.map(({ media }) => media.length)).toEqual([1, 1, 1, 1, 0])
    expect(parts.map(({ attached }) => Object.keys(attached).length)).toEqual([1, 1, 1, 0, 0])
  })

  test('are one for an ordinary post', () => {
    const { firstComment: _comment, ...plain } = content
    const parts = partsOf({}, { ...plain, thread: [] })
    expect(parts).toMatchObject([{ role: 'post', text: 'one' }])
  })
})

describe('defaults of an account', () => {
  test('stand in where the target says nothing', () => {
    const account = { default_board_id: '1', default_subreddit: null, location: 'here' }
    expect(withDefaults(account, {})).toEqual({ board_id: '1', location: 'here' })
    expect(withDefaults(account, { board_id: '2' })).toEqual({ board_id: '2', location: 'here' })
    expect(withDefaults({ default_subreddit: 'cats' }, {})).toEqual({ subreddit: 'cats' })
  })
})
