import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { codesOf, makeContent, makeFile } from '../meta/testing/publish.ts'
import { validateThreads } from './limits.ts'

const image = makeFile()
const video = makeFile('video')
const found = (more: Partial<Content>) => codesOf(validateThreads(makeContent(more)))
const links = (count: number) =>
  Array.from({ length: count }, (_, index) => `https://a.test/${index}`).join(' ')

describe('what may be published', () => {
  test.each<[string, Partial<Content>]>([
    ['a text at its end', { text: 'ä'.repeat(500) }],
    ['a picture alone', { media: [image] }],
    ['twenty files', { text: 'x', media: Array.from({ length: 20 }, () => image) }],
    ['a mixed carousel', { media: [image, video] }],
    ['a PNG', { media: [makeFile('image', { mimeType: 'image/png' })] }],
    ['five links, one of them twice', { text: `${links(5)} https://a.test/0.` }],
    ['a poll', { text: 'x', settings: { poll_attachment: { option_a: 'a', option_b: 'b' } } }],
    ['a card', { text: 'x', settings: { link_attachment: 'https://a.test/' } }],
    ['a topic', { text: 'x', settings: { topic_tag: 'Guten Morgen', reply_control: 'everyone' } }],
    ['a thread', { text: 'x', thread: [{ text: '', media: [video] }], firstComment: 'y' }],
  ])('%s', (_name, content) => {
    expect(found(content)).toEqual([])
  })
})

describe('what may not', () => {
  test.each<[string, Partial<Content>, string[]]>([
    ['nothing', { text: ' ' }, ['empty_text content']],
    ['a long text', { text: 'x'.repeat(501) }, ['text_too_long content']],
    ['emoji count as bytes', { text: '😀'.repeat(126) }, ['text_too_long content']],
    ['six links', { text: links(6) }, ['too_many_links content']],
    [
      'six links with the card',
      { text: links(5), settings: { link_attachment: 'https://b.test/' } },
      ['too_many_links content'],
    ],
    ['21 files', { media: Array.from({ length: 21 }, () => image) }, ['too_many_media media']],
    ['a WebP', { media: [makeFile('image', { mimeType: 'image/webp' })] }, ['media_type media.0']],
    [
      'a long video',
      { media: [image, makeFile('video', { durationMs: 300_001 })] },
      ['media_too_long media.1'],
    ],
    [
      'a card with files',
      { media: [image], settings: { link_attachment: 'https://a.test/' } },
      ['setting_unusable settings.link_attachment'],
    ],
    [
      'a poll with files',
      { media: [image], settings: { poll_attachment: { option_a: 'a', option_b: 'b' } } },
      ['setting_unusable settings.poll_attachment'],
    ],
    [
      'a long answer of a poll',
      {
        text: 'x',
        settings: { poll_attachment: { option_a: 'a', option_b: 'b'.repeat(26) } },
      },
      ['invalid_setting settings.poll_attachment.option_b'],
    ],
    [
      'a topic with a dot',
      { text: 'x', settings: { topic_tag: 'a.b' } },
      ['invalid_setting settings.topic_tag'],
    ],
    [
      'parts of a thread',
      {
        text: 'x',
        thread: [
          { text: '', media: [] },
          { text: 'x'.repeat(501), media: [makeFile('image', { bytes: 9_000_000 })] },
        ],
      },
      [
        'empty_text settings.thread.0.content',
        'text_too_long settings.thread.1.content',
        'media_too_large settings.thread.1.media.0',
      ],
    ],
    [
      'a first comment',
      { text: 'x', firstComment: '😀'.repeat(126) },
      ['text_too_long settings.first_comment'],
    ],
    ['an unknown setting', { text: 'x', settings: { a: 1 } }, ['unknown_setting settings.a']],
  ])('%s', (_name, content, expected) => {
    expect(found(content)).toEqual(expected)
  })
})
