import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Feature, findSpans, toFacets } from './facets.ts'

const DIDS = new Map([
  ['alice.test', 'did:plc:alice'],
  ['bob.bsky.social', 'did:plc:bob'],
])

/** What each facet covers, cut out of the UTF-8 bytes, and what it means. */
function marked(text: string): [string, string][] {
  const bytes = Buffer.from(text)
  return toFacets(text, findSpans(text), DIDS).map(({ index, features: [feature] }) => [
    bytes.subarray(index.byteStart, index.byteEnd).toString(),
    meaning(feature),
  ])
}

function meaning(feature: Feature): string {
  if (feature.$type === 'app.bsky.richtext.facet#link') return feature.uri
  return feature.$type === 'app.bsky.richtext.facet#tag' ? feature.tag : feature.did
}

describe('links', () => {
  test.each<[string, [string, string][]]>([
    ['https://a.com', [['https://a.com', 'https://a.com']]],
    ['see a.com.', [['a.com', 'https://a.com']]],
    ['[https://a.com/x]', [['https://a.com/x', 'https://a.com/x']]],
    ['<https://a.com/x>', [['https://a.com/x', 'https://a.com/x']]],
    ['“https://a.com/x”', [['https://a.com/x', 'https://a.com/x']]],
    ['(https://a.com/x)', [['https://a.com/x', 'https://a.com/x']]],
    ['(https://a.com/b_(c))', [['https://a.com/b_(c)', 'https://a.com/b_(c)']]],
    ['https://a.com/x?y=1&z=2, then', [['https://a.com/x?y=1&z=2', 'https://a.com/x?y=1&z=2']]],
    ['https://a.com/#frag!', [['https://a.com/#frag', 'https://a.com/#frag']]],
    ['https://a.com/@user/1', [['https://a.com/@user/1', 'https://a.com/@user/1']]],
    ['https://a.com/ü', [['https://a.com/ü', 'https://a.com/ü']]],
    [
      '👩‍👩‍👧 https://a.com 👍🏽 b.org',
      [
        ['https://a.com', 'https://a.com'],
        ['b.org', 'https://b.org'],
      ],
    ],
    ['اقرأ https://a.com هنا', [['https://a.com', 'https://a.com']]],
    ['日本語https://a.com', [['https://a.com', 'https://a.com']]],
    ['mail@a.com', []],
    ['file.txt and 3.14 and e.g. that', []],
    ['https://', []],
  ])('%j', (text, expected) => {
    expect(marked(text)).toEqual(expected)
  })
})

describe('mentions', () => {
  const alice: [string, string] = ['@alice.test', 'did:plc:alice']
  test.each<[string, [string, string][]]>([
    ['@alice.test', [alice]],
    ['hi @alice.test, (@bob.bsky.social)!', [alice, ['@bob.bsky.social', 'did:plc:bob']]],
    ['@ALICE.test', [['@ALICE.test', 'did:plc:alice']]],
    ['👩‍👩‍👧@alice.test', [['@alice.test', 'did:plc:alice']]],
    ['שלום @alice.test שלום', [alice]],
    ['“@alice.test”', [alice]],
    ['@alice.test.', [alice]],
    ['@alice.test’s', [alice]],
    ['@nobody.test', []],
    ['@alice', []],
    ['@@alice.test', []],
    ['x@alice.test', []],
    ['ü@alice.test', []],
    ['@alice.test@mastodon.social', []],
    ['@-alice.test', []],
    ['@alice.1', []],
    ['@', []],
  ])('%j', (text, expected) => {
    expect(marked(text)).toEqual(expected)
  })
})

describe('tags', () => {
  test.each<[string, [string, string][]]>([
    ['#tag', [['#tag', 'tag']]],
    ['＃tag', [['＃tag', 'tag']]],
    [
      '#größe und #日本',
      [
        ['#größe', 'größe'],
        ['#日本', '日本'],
      ],
    ],
    [
      '(#in) [#this] “#that”',
      [
        ['#in', 'in'],
        ['#this', 'this'],
        ['#that', 'that'],
      ],
    ],
    [
      '#one,#two.',
      [
        ['#one', 'one'],
        ['#two', 'two'],
      ],
    ],
    ['#one#two', [['#one', 'one']]],
    ['#a-b_c', [['#a-b_c', 'a-b_c']]],
    ['#2026goals #1 #1.5', [['#2026goals', '2026goals']]],
    ['#🎉', [['#🎉', '🎉']]],
    ['#हिन्दी', [['#हिन्दी', 'हिन्दी']]],
    [
      '#🎉@alice.test',
      [
        ['#🎉', '🎉'],
        ['@alice.test', 'did:plc:alice'],
      ],
    ],
    ['#️⃣ #!? # tag', []],
    ['a#b &#39;', []],
    ['https://a.com/#tag', [['https://a.com/#tag', 'https://a.com/#tag']]],
    [`#${'x'.repeat(64)}`, [[`#${'x'.repeat(64)}`, 'x'.repeat(64)]]],
    [`#${'x'.repeat(65)}`, []],
  ])('%j', (text, expected) => {
    expect(marked(text)).toEqual(expected)
  })
})

describe('always', () => {
  const piece = fc.constantFrom(
    'https://a.com/x',
    'b.org',
    '@alice.test',
    '@bob.bsky.social',
    '#tag',
    '#ü',
    '👩‍👩‍👧',
    '(',
    ')',
    ' ',
    '\n',
    '.',
    ',',
    '"',
    'é',
    'שלום',
    '日本',
    '\u200d',
    '\ufe0f',
    '@',
    '#',
    'https://',
    '\ud83d',
  )
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))

  test('facets are ordered, apart, inside the text and on character borders', () => {
    fc.assert(
      fc.property(text, (sample) => {
        const bytes = Buffer.from(sample)
        let end = 0
        for (const { index } of toFacets(sample, findSpans(sample), DIDS)) {
          expect(index.byteStart).toBeGreaterThanOrEqual(end)
          expect(index.byteEnd).toBeGreaterThan(index.byteStart)
          expect(index.byteEnd).toBeLessThanOrEqual(bytes.length)
          const cut = bytes.subarray(index.byteStart, index.byteEnd)
          expect(Buffer.from(cut.toString())).toEqual(cut)
          end = index.byteEnd
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
