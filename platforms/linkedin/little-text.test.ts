import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromLittleText, toLittleText } from './little-text.ts'

describe('to little text', () => {
  test.each([
    [
      'every reserved character',
      String.raw`\<>#~_|[]*(){}@`,
      String.raw`\\\<\>\#\~\_\|\[\]\*\(\)\{\}\@`,
    ],
    ['a hashtag', 'go #now!', String.raw`go {hashtag|\#|now}!`],
    ['hashtags side by side', '#a#b', String.raw`{hashtag|\#|a}\#b`],
    ['a hashtag with underscore', '#my_tag', String.raw`{hashtag|\#|my\_tag}`],
    [
      'a hashtag of another script',
      '#日本語 #café',
      String.raw`{hashtag|\#|日本語} {hashtag|\#|café}`,
    ],
    ['a combining mark', '#cafe\u0301', '{hashtag|\\#|cafe\u0301}'],
    ['in brackets', '(#tag)', String.raw`\({hashtag|\#|tag}\)`],
    ['a number', 'we are #1', String.raw`we are \#1`],
    ['C#', 'C# and F#', String.raw`C\# and F\#`],
    ['a fragment', 'https://a.example/x_(y)#top', String.raw`https://a.example/x\_\(y\)\#top`],
    ['an at sign', 'mail a@b.example @bob', String.raw`mail a\@b.example \@bob`],
    [
      'a mention',
      'with @[Dev (test)](urn:li:organization:24) today',
      String.raw`with @[Dev \(test\)](urn:li:organization:24) today`,
    ],
    ['no mention without URN', '@[Dev](x)', String.raw`\@\[Dev\]\(x\)`],
    ['emoji', '👩‍👩‍👧 *', String.raw`👩‍👩‍👧 \*`],
  ])('%s', (_name, text, little) => {
    expect(toLittleText(text)).toBe(little)
  })
})

describe('from little text', () => {
  test('names and hashtags as readers see them', () => {
    const little = String.raw`@[Dev \(x\)](urn:li:organization:24) {hashtag|\#|my\_tag} \\ \{`
    expect(fromLittleText(little)).toBe(String.raw`Dev (x) #my_tag \ {`)
  })

  test('undoes what was done to any text without mentions', () => {
    const reserved = fc.constantFrom(...String.raw`\<>#~_|[]*(){}@`, 'a', '1', ' ', 'é', '🎉', '\n')
    fc.assert(
      fc.property(
        fc.array(reserved).map((all) => all.join('')),
        (text) => {
          expect(fromLittleText(toLittleText(text))).toBe(text)
        },
      ),
    )
  })

  test('nothing reserved is left bare', () => {
    const bare = /(?<!\\)(?:\\\\)*[<>#~_[\]*()@]/
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const little = toLittleText(text)
          .replace(/\{hashtag\|\\#\|/g, '')
          .replaceAll('}', '')
        expect(bare.test(little.replace(/\\./gu, ''))).toBe(false)
      }),
    )
  })
})
