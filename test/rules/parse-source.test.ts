import { describe, expect, test } from '@jest/globals'
import { nameBreaches, tokenBreaches } from '../../scripts/check/code-rules.ts'
import { parseSource } from '../../scripts/check/parse-source.ts'

const source = (path: string, text: string) => ({ path, text, ...parseSource(text) })

describe('parseSource', () => {
  test('imports of every form, with what of them is erased', () => {
    const { imports } = parseSource(
      [
        "import { a } from './a.ts'",
        "import type { B } from './b.ts'",
        "import { type C } from './c.ts'",
        "export { d } from './d.ts'",
        "export * from './e.ts'",
        "export type F = import('./f.ts').F",
        "export const g = () => import('./g.ts')",
        "import './h.ts'",
      ].join('\n'),
    )
    expect(imports.map(({ specifier, isType, line }) => `${line} ${specifier} ${isType}`)).toEqual([
      '1 ./a.ts false',
      '2 ./b.ts true',
      '3 ./c.ts true',
      '4 ./d.ts false',
      '5 ./e.ts false',
      '6 ./f.ts true',
      '7 ./g.ts false',
      '8 ./h.ts false',
    ])
  })

  test('lines of functions, after letters of several bytes too', () => {
    const { functions } = parseSource(
      '// ünïcödé → 🙂\nexport function long() {\n  const a = 1\n  return a\n}\nclass K {\n  m() {\n    return 1\n  }\n}\nconst f = (x: number) => x\n',
    )
    expect(functions).toEqual([
      { name: 'long', line: 2, lines: 4 },
      { name: 'm', line: 7, lines: 3 },
    ])
  })

  test('any is found as a type and not as a word', () => {
    const { anyLines } = parseSource("const any = 'any'\nexport const x: any[] = [any]\n")
    expect(anyLines).toEqual([2])
  })

  test('comment lines and suppressions', () => {
    const marks = ['@ts-', 'expect-error']
    const text = `/**\n * why\n */\nconst a = 1 // not counted\n// ${marks.join('')}\nexport { a }\n`
    expect(parseSource(text)).toMatchObject({ lines: 6, commentLines: 4, suppressionLines: [5] })
  })
})

describe('code rules', () => {
  test.each(['accessToken', 'refresh_token', 'clientSecret', 'CIPHERTEXT'])(
    '%s in a workflow is a breach',
    (word) => {
      const text = `export const x = '${word}'\n`
      expect(tokenBreaches([source('workflows/x.ts', text)])).toHaveLength(1)
      expect(tokenBreaches([source('activities/x.ts', text)])).toEqual([])
    },
  )

  test.each([
    ['api/createPost.ts', 'export const createPost = 1', 0],
    ['api/createPost.ts', 'export const makePost = 1', 1],
    ['api/create-post.ts', 'export const anything = 1', 0],
    ['api/Create_post.ts', 'export const anything = 1', 1],
    ['api/createPost.test.ts', 'test', 0],
  ])('%s with %j has %i breaches of naming', (path, text, count) => {
    expect(nameBreaches([source(path, text)])).toHaveLength(count)
  })
})
