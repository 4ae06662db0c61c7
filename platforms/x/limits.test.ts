import { describe, expect, test } from '@jest/globals'
import type { AccountLimits, Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { validateX, weightedLength } from './limits.ts'

const FAMILY = '👩‍👩‍👧'

describe('weighted length', () => {
  // The first group is the conformance suite of twitter-text, `lengths`, where version 3 agrees.
  test.each([
    ['This is a test.', 15],
    ['http://test.com', 23],
    ['https://test.com', 23],
    ['test.com', 23],
    ['Test https://test.com test https://test.com test.com test', 86],
    ['저찀쯿쿿', 8],
    ['のの', 4],
    ['🐱', 2],
    [`H🐱☺`, 5],
    [FAMILY, 2],
    ['👍🏽', 2],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['ю', 1],
    ['ა', 1],
    ['ꙮ', 2],
    ['“quoted”', 8],
    ['…', 2],
    ['\u202e', 2],
    ['\n', 1],
    [`https://example.com/${'long'.repeat(100)}`, 23],
    ['mail@example.com', 16],
  ])('%j counts %i', (text, expected) => {
    expect(weightedLength(text)).toBe(expected)
  })
})

describe('validateX', () => {
  const codesOf = (content: Content, account: AccountLimits = {}) =>
    validateX(content, account).map(({ code, path }) => `${code} ${path}`)
  const codes = (text: string, settings = {}, account: AccountLimits = {}) =>
    codesOf(makeContent(text, { settings }), account)

  test.each([
    ['a'.repeat(280), []],
    ['a'.repeat(281), ['text_too_long content']],
    ['の'.repeat(140), []],
    ['の'.repeat(141), ['text_too_long content']],
    [FAMILY.repeat(140), []],
    [`${'a'.repeat(256)} https://example.com/${'x'.repeat(300)}`, []],
    ['', ['empty_text content']],
    [' \n\t', ['empty_text content']],
    ['reversed \ufffe', ['invalid_characters content']],
    ['half \ud83d', ['invalid_characters content']],
    ['$AAPL is fine', []],
    ['$AAPL and $MSFT', ['too_many_cashtags content']],
  ])('%j: %j', (text, expected) => {
    expect(codes(text)).toEqual(expected)
  })

  test('the message counts', () => {
    const [finding] = validateX(makeContent('a'.repeat(290)))
    expect(finding?.message).toContain('290')
    expect(finding?.message).toContain('10 more than the 280')
  })

  test('Premium may write more', () => {
    expect(codes('a'.repeat(25_000), {}, { maxTextLength: 25_000 })).toEqual([])
    expect(codes('a'.repeat(25_001), {}, { maxTextLength: 25_000 })).toHaveLength(1)
  })

  test('settings: good ones, then every bad one at once', () => {
    const good = {
      reply_settings: 'mentionedUsers',
      made_with_ai: true,
      paid_partnership: false,
      community_id: '1493446837214187523',
      share_with_followers: true,
    }
    expect(codes('a', good)).toEqual([])
    const bad = { reply_settings: 'all', made_with_ai: 'yes', community_id: 'x', nullcast: true }
    expect(codes('', bad).sort()).toEqual([
      'empty_text content',
      'invalid_setting settings.community_id',
      'invalid_setting settings.made_with_ai',
      'invalid_setting settings.reply_settings',
      'unknown_setting settings.nullcast',
    ])
  })

  const photo = makeMedia()
  const gif = makeMedia({ kind: 'gif', mimeType: 'image/gif', width: 600, height: 400, frames: 9 })
  const video = makeMedia({
    kind: 'video',
    mimeType: 'video/mp4',
    width: 1280,
    height: 720,
    durationMs: 60_000,
    videoCodec: 'avc',
    audioCodec: 'aac',
    frameRate: 30,
  })
  const MIB = 1024 * 1024
  const PREMIUM = { maxTextLength: 25_000, maxVideoDurationMs: 4 * 60 * 60_000 }

  test.each<[string, Partial<Content>, string[]]>([
    ['a picture without text', { text: '', media: [photo] }, []],
    ['four pictures', { media: [photo, photo, photo, photo] }, []],
    ['five', { media: Array.from({ length: 5 }, () => photo) }, ['too_many_media media']],
    ['a GIF', { media: [gif] }, []],
    ['a video', { media: [video] }, []],
    ['upright', { media: [{ ...video, width: 720, height: 1280 }] }, []],
    ['picture and video', { media: [photo, video] }, ['media_mix media']],
    ['two GIFs', { media: [gif, gif] }, ['media_mix media']],
    ['heavy', { media: [{ ...photo, bytes: 5 * MIB + 1 }] }, ['media_too_large media.0']],
    ['heavy GIF', { media: [{ ...gif, bytes: 15 * MIB + 1 }] }, ['media_too_large media.0']],
    ['heavy video', { media: [{ ...video, bytes: 512 * MIB + 1 }] }, ['media_too_large media.0']],
    ['TIFF', { media: [photo, { ...photo, mimeType: 'image/tiff' }] }, ['media_type media.1']],
    [
      'PDF',
      { media: [{ ...photo, kind: 'document', mimeType: 'application/pdf' }] },
      ['media_type media.0'],
    ],
    ['frames', { media: [{ ...gif, frames: 351 }] }, ['media_too_many_frames media.0']],
    [
      'GIF of many pixels',
      { media: [{ ...gif, width: 1280, height: 1080, frames: 300 }] },
      ['media_dimensions media.0'],
    ],
    ['141 seconds', { media: [{ ...video, durationMs: 140_001 }] }, ['media_too_long media.0']],
    ['a blink', { media: [{ ...video, durationMs: 499 }] }, ['media_too_short media.0']],
    ['1080p', { media: [{ ...video, width: 1920, height: 1080 }] }, ['media_dimensions media.0']],
    ['HEVC', { media: [{ ...video, videoCodec: 'hevc' }] }, ['media_codec media.0']],
    ['slim', { media: [{ ...video, width: 1200, height: 300 }] }, ['media_ratio media.0']],
    [
      'alt text',
      { media: [{ ...photo, altText: 'x'.repeat(1001) }] },
      ['alt_text_too_long media.0'],
    ],
  ])('files: %s', (_name, content, expected) => {
    expect(codesOf(makeContent('hi', content))).toEqual(expected)
  })

  test('Premium takes longer videos in 1080p', () => {
    const long = { ...video, width: 1080, height: 1920, durationMs: 600_000 }
    expect(codesOf(makeContent('hi', { media: [long] }), PREMIUM)).toEqual([])
  })

  const poll = { options: ['yes', 'no'], duration_minutes: 60 }
  test.each<[string, Record<string, unknown>, Partial<Content>, string[]]>([
    ['a poll', { poll }, {}, []],
    [
      'one answer',
      { poll: { ...poll, options: ['yes'] } },
      {},
      ['invalid_setting settings.poll.options'],
    ],
    [
      'five answers',
      { poll: { ...poll, options: ['1', '2', '3', '4', '5'] } },
      {},
      ['invalid_setting settings.poll.options'],
    ],
    [
      'a long answer',
      { poll: { ...poll, options: ['yes', 'n'.repeat(26)] } },
      {},
      ['invalid_setting settings.poll.options.1'],
    ],
    [
      'four minutes',
      { poll: { ...poll, duration_minutes: 4 } },
      {},
      ['invalid_setting settings.poll.duration_minutes'],
    ],
    [
      'eight days',
      { poll: { ...poll, duration_minutes: 11_520 } },
      {},
      ['invalid_setting settings.poll.duration_minutes'],
    ],
    ['poll and picture', { poll }, { media: [photo] }, ['not_together settings.poll']],
    ['poll and quote', { poll, quote_tweet_id: '1' }, {}, ['not_together settings.poll']],
    [
      'quote and picture',
      { quote_tweet_id: '1' },
      { media: [photo] },
      ['not_together settings.quote_tweet_id'],
    ],
    [
      'tags without a picture',
      { tagged_user_ids: ['7'] },
      {},
      ['not_together settings.tagged_user_ids'],
    ],
    ['tags', { tagged_user_ids: ['7'] }, { media: [photo] }, []],
    ['a poll alone', { poll }, { text: '' }, ['empty_text content']],
  ])('settings: %s', (_name, settings, content, expected) => {
    expect(codesOf(makeContent('hi', { settings, ...content }))).toEqual(expected)
  })

  test('parts of a thread and the first comment are judged like posts', () => {
    const thread = [
      { text: 'a'.repeat(281), media: [] },
      { text: '', media: [gif, gif] },
      { text: ' ', media: [] },
      { text: 'one', media: [photo] },
    ]
    const content = makeContent('one', { thread, firstComment: 'one' })
    expect(codesOf(content)).toEqual([
      'text_too_long settings.thread.0.content',
      'media_mix settings.thread.1.media',
      'empty_text settings.thread.2.content',
      'repeated_text settings.first_comment',
    ])
  })
})
