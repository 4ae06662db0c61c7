import { describe, expect, test } from '@jest/globals'
import { isPublishedText, linksOf, threadsLength } from './text.ts'

describe('length', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['äöü', 3],
    ['日本語', 3],
    ['e\u0301', 2],
    ['مرحبا', 5],
    ['😀', 4],
    ['a😀', 5],
    ['👨‍👩‍👧', 18],
    ['🇩🇪', 8],
    ['1️⃣', 7],
    ['2026 #1', 7],
  ])('%j is %i', (text, length) => {
    expect(threadsLength(text)).toBe(length)
  })
})

test('links end before the punctuation behind them', () => {
  expect(linksOf('See https://a.test/b?c=d, (http://b.test/x) and “https://c.test”!')).toEqual([
    'https://a.test/b?c=d',
    'http://b.test/x',
    'https://c.test',
  ])
})

describe('text as it was published', () => {
  test.each([
    ['a #b c', 'a #b c', true],
    ['a b c', 'a #b c', true],
    ['b', '#b', true],
    ['a b #c', 'a #b #c', true],
    ['a #b c', 'a #b #c', false],
    ['a b c', 'a b# c', false],
    ['a', 'a\r\n', true],
    ['ä', 'a\u0308', true],
    ['other', 'a #b c', false],
  ])('%j of %j: %s', (published, asked, isSame) => {
    expect(isPublishedText(published, asked)).toBe(isSame)
  })
})
