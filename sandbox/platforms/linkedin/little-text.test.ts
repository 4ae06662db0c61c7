import { describe, expect, test } from '@jest/globals'
import { readLittleText } from './little-text.ts'

describe('little text', () => {
  test.each([
    ['plain, 👩‍👩‍👧 and\nlines', 'plain, 👩‍👩‍👧 and\nlines'],
    [String.raw`all \\ \< \> \# \~ \_ \| \[ \] \* \( \) \{ \} \@`, '\\'],
    [String.raw`https://example.com/a\_b?c=\(d\)`, 'https://example.com/a_b?c=(d)'],
    ['hello @[Adler \\(Coffee\\)](urn:li:organization:1)!', 'hello Adler (Coffee)!'],
    [String.raw`see {hashtag|\#|news} and #more`, 'see #news and #more'],
  ])('%s is kept whole', (source, shown) => {
    const read = readLittleText(source)
    expect(read.source).toBe(source)
    expect(read.text).toContain(shown)
  })

  test.each([
    ['Price (net) is 5', 'Price '],
    ['a_b', 'a'],
    ['mail me@example.com', 'mail me'],
    ['@[Name](nothing)', ''],
    ['issue # 5', 'issue '],
    ['open {hashtag|x', 'open '],
    ['ends with \\', 'ends with '],
    ['1 < 2', '1 '],
  ])('%s ends at the reserved character', (source, shown) => {
    expect(readLittleText(source)).toEqual({ text: shown, source: shown })
  })
})
