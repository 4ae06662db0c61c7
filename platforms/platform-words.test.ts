import { expect, test } from '@jest/globals'
import { asSentence } from './platform-words.ts'

test.each([
  ['Text is not acceptable', 'Text is not acceptable.'],
  ['It says “no.”', 'It says “no.”'],
  ['Really?', 'Really?'],
  ['Too much.\n  Try <a href="/quota?key=1">later</a>', 'Too much. Try later.'],
  ['{"error":"bad"}', '"error":"bad".'],
  ['See https://example.com/a?token=secret now', 'See https://example.com/a now.'],
  [`Malformed access token ${'EAAB0'.repeat(20)}`, 'Malformed access token …'],
])('%j ends as %j', (words, sentence) => {
  expect(asSentence(words)).toBe(sentence)
})

test('a long one is cut off, visibly', () => {
  expect(asSentence('word '.repeat(100), 12)).toBe('word word wo…')
})
