import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Feature, findSpans, graphemeLength, toFacets } from './facets.ts'

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

describe('torture', () => {
  const exact = (text: string) => {
    const bytes = Buffer.from(text)
    return toFacets(text, findSpans(text), DIDS).map(({ index: { byteStart, byteEnd } }) => [
      byteStart,
      bytes.subarray(byteStart, byteEnd).toString(),
    ])
  }

  test.each<[string, [number, string][]]>([
    // Family 18 bytes, then 1 of space.
    ['👩‍👩‍👧 #tag', [[19, '#tag']]],
    ['🏳️‍🌈@alice.test', [[14, '@alice.test']]],
    ['🇩🇪🇫🇷 https://a.com/🇩🇪', [[17, 'https://a.com/']]],
    // Eight combining marks on one letter.
    [`z${'\u0301'.repeat(8)} a.com`, [[18, 'a.com']]],
    [
      'é e\u0301 #é #e\u0301',
      [
        [7, '#é'],
        [11, '#e\u0301'],
      ],
    ],
    // Right to left, with marks of direction around the mention.
    ['\u200fשלום \u2067@alice.test\u2069!', [[15, '@alice.test']]],
    [
      '#مرحبا، https://a.com/؟',
      [
        [0, '#مرحبا'],
        [14, 'https://a.com/'],
      ],
    ],
    ['[(https://a.com/b_(c)_d)],', [[2, 'https://a.com/b_(c)_d']]],
    ['<https://a.com/?q=[x]>;', [[1, 'https://a.com/?q=[x]']]],
    ['https://a.com/x…', [[0, 'https://a.com/x']]],
    ['https://a.com/x?!', [[0, 'https://a.com/x']]],
    ['@alice.test', [[0, '@alice.test']]],
    ['#', []],
    ['@', []],
    ['ends with #', []],
    ['#tag@', [[0, '#tag']]],
    ['@alice.test#tag', [[0, '@alice.test']]],
    [
      '\n\n@alice.test\n#tag\n',
      [
        [2, '@alice.test'],
        [14, '#tag'],
      ],
    ],
  ])('%j', (text, expected) => {
    expect(exact(text)).toEqual(expected)
  })

  test('the last of exactly 300 characters is marked to its last byte', () => {
    const text = `${'👩‍👩‍👧'.repeat(100)}${'é'.repeat(185)} https://a.com/x`
    expect(graphemeLength(text)).toBe(301)
    const fits = text.replace('é', '')
    expect(graphemeLength(fits)).toBe(300)
    const [facet] = toFacets(fits, findSpans(fits), DIDS)
    expect(facet?.index).toEqual({
      byteStart: 100 * 18 + 184 * 2 + 1,
      byteEnd: Buffer.byteLength(fits),
    })
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
