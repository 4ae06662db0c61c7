import { describe, expect, test } from '@jest/globals'
import type { Media } from '../domain/media.ts'
import { checkFile, type FileRules } from './media-rules.ts'
import { makeMedia } from './testing/drafts.ts'

function judge(media: Partial<Media>, rules: Partial<FileRules>) {
  const all = { mimeTypes: ['image/jpeg', 'image/png'], source: 'https://play.test', ...rules }
  return checkFile('Play', makeMedia(media), all, 'media.0')
}

const codes = (media: Partial<Media>, rules: Partial<FileRules>) =>
  judge(media, rules).map(({ code }) => code)

describe('a file is refused beyond a bound, and taken at it', () => {
  test.each<[string, Partial<FileRules>, Partial<Media>, Partial<Media>]>([
    ['media_type', {}, { mimeType: 'image/png' }, { mimeType: 'image/webp' }],
    ['media_too_large', { maxBytes: 100 }, { bytes: 100 }, { bytes: 101 }],
    ['media_too_small', { minBytes: 100 }, { bytes: 100 }, { bytes: 99 }],
    ['media_dimensions', { minWidth: 320 }, { width: 320 }, { width: 319 }],
    ['media_dimensions', { minHeight: 320 }, { height: 320 }, { height: 319 }],
    ['media_dimensions', { maxWidth: 900 }, { width: 900 }, { width: 901 }],
    ['media_dimensions', { maxHeight: 900 }, { height: 900 }, { height: 901 }],
    [
      'media_dimensions',
      { maxPixels: 10_000 },
      { width: 100, height: 100 },
      { width: 101, height: 100 },
    ],
    ['media_ratio', { minRatio: 0.8 }, { width: 80, height: 100 }, { width: 78, height: 100 }],
    ['media_ratio', { maxRatio: 1.91 }, { width: 191, height: 100 }, { width: 193, height: 100 }],
    ['media_too_short', { minDurationMs: 3_000 }, { durationMs: 3_000 }, { durationMs: 2_999 }],
    ['media_too_long', { maxDurationMs: 3_000 }, { durationMs: 3_000 }, { durationMs: 3_001 }],
    ['media_frame_rate', { maxFrameRate: 60 }, { frameRate: 60.4 }, { frameRate: 61 }],
    ['media_frame_rate', { minFrameRate: 23 }, { frameRate: 22.6 }, { frameRate: 22 }],
    ['media_codec', { videoCodecs: ['avc'] }, { videoCodec: 'avc' }, { videoCodec: 'hevc' }],
    ['media_codec', { audioCodecs: ['aac'] }, { audioCodec: 'aac' }, { audioCodec: 'opus' }],
    ['media_too_many_frames', { maxFrames: 9 }, { frames: 9 }, { frames: 10 }],
    ['media_too_many_pages', { maxPages: 9 }, { pages: 9 }, { pages: 10 }],
    ['alt_text_too_long', { maxAltTextLength: 2 }, { altText: 'ab' }, { altText: 'abc' }],
  ])('%s by %j', (code, rules, fits, breaks) => {
    expect(codes(fits, rules)).toEqual([])
    expect(codes(breaks, rules)).toEqual([code])
  })
})

describe('a file', () => {
  const strict: FileRules = {
    ...{ mimeTypes: ['video/mp4'], minWidth: 100, minRatio: 1, maxRatio: 2, maxDurationMs: 1 },
    ...{
      maxFrameRate: 30,
      videoCodecs: ['avc'],
      audioCodecs: ['aac'],
      source: 'https://play.test',
    },
  }

  test('is not judged by what is not known of it', () => {
    const { width: _width, height: _height, ...unknown } = makeMedia({ mimeType: 'video/mp4' })
    expect(checkFile('Play', unknown, strict, 'media.0')).toEqual([])
  })

  test('is told everything that is wrong with it, by name and at its place', () => {
    const film = { mimeType: 'video/webm', width: 50, height: 100, durationMs: 130_000 }
    const found = checkFile('Play', makeMedia({ ...film, fileName: 'é.webm' }), strict, 'media.3')
    expect(found.map(({ code }) => code)).toEqual([
      ...['media_type', 'media_dimensions', 'media_ratio', 'media_too_long'],
    ])
    for (const { path, message } of found) {
      expect(path).toBe('media.3')
      expect(message).toMatch(/^“é\.webm” .+ on Play\.$/)
    }
  })

  test.each<[Partial<Media>, Partial<FileRules>, string]>([
    [{ mimeType: 'image/webp' }, {}, 'is WEBP, but only JPEG, PNG can be used'],
    [{ bytes: 5_250_000 }, { maxBytes: 5_000_000 }, 'is 5.3 MB, more than the 5 MB allowed'],
    [{ bytes: 999 }, { minBytes: 10_240 }, 'is 1 KB, less than the 10.2 KB needed'],
    [
      { durationMs: 150_000 },
      { maxDurationMs: 90_000 },
      'lasts 2.5 min, more than the 90 s allowed',
    ],
    [
      { width: 100, height: 400 },
      { minRatio: 0.5625, maxRatio: 1.91 },
      'has a width of 0.25 times its height; between 0.56 and 1.91 is allowed',
    ],
  ])('%j is told in words for a marketer', (media, rules, words) => {
    expect(judge(media, rules)[0]?.message).toBe(`“photo.jpg” ${words} on Play.`)
  })
})
