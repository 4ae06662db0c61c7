import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { contentOf } from '../connectors/drive.ts'
import { failureOf } from '../connectors/harness.ts'
import { type Bench, commitPart, published, startBench, textDraft } from './bluesky-bench.ts'
import { installPds } from './start-pds.ts'

const installed = await installPds()
const describePeer = installed === undefined ? describe.skip : describe

let bench: Bench

/** What of the text is marked, by the bytes of the record. */
function marked(record: Readonly<Record<string, unknown>>): string[] {
  const bytes = Buffer.from(String(record.text))
  const facets: { index: { byteStart: number; byteEnd: number } }[] = Object(record).facets ?? []
  return facets.map(({ index }) => bytes.subarray(index.byteStart, index.byteEnd).toString())
}

const FAMILY = '👩🏽‍❤️‍💋‍👨🏿'

const TEXTS: [string, string, string[]][] = [
  ['emoji sequences', `${FAMILY} 🏳️‍🌈 🇩🇪 1️⃣ #️⃣ 👩‍👩‍👧‍👦 #🏳️‍🌈`, ['#🏳\ufe0f']],
  [
    'right to left',
    'שלום @bob.test עולם #שלום مرحبا https://example.com/a',
    ['@bob.test', '#שלום', 'https://example.com/a'],
  ],
  ['marks of direction', '\u202eabc\u202c \u2067שלום\u2069 #x', ['#x']],
  ['combining marks', 'e\u0301 é Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L ก็็็ #e\u0301', ['#e\u0301']],
  ['both forms of one letter', '\u00e5 a\u030a \u212b ﬁ Ⅳ', []],
  [
    'links with brackets and punctuation',
    'See (https://en.wikipedia.org/wiki/Foo_(bar)), https://example.com/?q=[x]. https://example.com/a;b!',
    [
      'https://en.wikipedia.org/wiki/Foo_(bar)',
      'https://example.com/?q=[x]',
      'https://example.com/a;b',
    ],
  ],
  [
    'a link at each end',
    'https://a.example.com/x?y=1&z=%20#f … example.com',
    ['https://a.example.com/x?y=1&z=%20#f', 'example.com'],
  ],
  ['signs at the edges', '@bob.test #tag', ['@bob.test', '#tag']],
  ['signs with nothing behind them', '# @ #1 @bob a@bob.test ##x #', []],
  ['signs at the very end', 'so @bob.test, and #end#', ['@bob.test', '#end']],
  ['space at the edges', '  \n\tkept as it is \r\n\r\n  ', []],
  ['what other languages escape', '&amp; <b>"\'\\n</b> %20 \\u0041 {{x}} \u0000?', []],
  ['rare code points', '𠮷野家 𝒳 \u{10FFFD} \ufeff\u200b|\u00a0|', []],
]

describePeer('text, byte for byte, on a real Bluesky PDS', () => {
  beforeAll(async () => {
    bench = await startBench(installed ?? '')
  }, 60_000)
  afterAll(() => bench?.close())

  test.each(TEXTS)('%s', async (_name, text, spans) => {
    const { record } = await published(bench, { text })
    expect(record.text).toBe(text)
    expect(Buffer.from(String(record.text))).toEqual(Buffer.from(text))
    expect(marked(record)).toEqual(spans)
  })

  test.each([
    ['letters', 'a'],
    ['letters with marks', 'e\u0301'],
    ['flags', '🇩🇪'],
    ['line ends', '\r\n'],
    ['Hangul by its parts', '\u1112\u1161\u11ab'],
  ])('300 %s fit, and the server counts 301 as too many too', async (_name, grapheme) => {
    const fits = `${grapheme.repeat(299)}.`
    const { record } = await published(bench, { text: fits })
    expect(record.text).toBe(fits)
    const over = `${grapheme.repeat(300)}.`
    const found = bench.connector.validate(contentOf({ text: over }))
    expect(found.map(({ code }) => code)).toEqual(['text_too_long'])
    expect(await failureOf(commitPart(bench, textDraft(over)))).toMatchObject({
      kind: 'rejected',
      code: 'bluesky_invalid_request',
      message: expect.stringContaining('300'),
    })
  })
})
