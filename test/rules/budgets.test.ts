import { describe, expect, test } from '@jest/globals'
import { architectureFaults } from '../../scripts/check/architecture.ts'
import { budgetsOf, budgetTable } from '../../scripts/check/budgets.ts'
import { parseSource } from '../../scripts/check/parse-source.ts'

const source = (path: string, text: string) => ({ path, text, ...parseSource(text) })
const lines = (count: number) => 'const a = 1\n'.repeat(count)

function budget(name: string, ...sources: ReturnType<typeof source>[]) {
  const found = budgetsOf(sources).find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no budget ${name}`)
  return found
}

describe('budgets', () => {
  test('a file may be 500 lines, and one that is longer is named', () => {
    const fits = source('db/fits.ts', lines(500))
    const over = source('db/over.ts', lines(501))
    expect(budget('file lines, longest', fits)).toMatchObject({ state: 'ok', value: '500' })
    expect(budget('file lines, longest', fits, over)).toMatchObject({
      ...{ state: 'over', places: ['db/over.ts (501)'] },
    })
  })

  test('migrations are not counted, tests are', () => {
    const long = lines(600)
    const counted = (path: string) => budget('file lines, longest', source(path, long)).state
    expect(counted('db/migrations/001.ts')).toBe('ok')
    expect(counted('test/db/x.test.ts')).toBe('over')
  })

  test('a function of 81 lines is named with its line', () => {
    const body = `// why\nexport function much() {\n${'  a()\n'.repeat(79)}}\n`
    expect(budget('function lines, longest', source('db/x.ts', body))).toMatchObject({
      ...{ state: 'over', places: ['db/x.ts:2 much (81)'] },
    })
    expect(budget('function lines, longest', source('db/x.test.ts', body)).state).toBe('ok')
  })

  test.each([
    [7, 'warn'],
    [8, 'ok'],
    [15, 'ok'],
    [16, 'warn'],
  ])('%i comment lines of 100 are %s', (comments, state) => {
    const text = `${'// why\n'.repeat(comments)}${lines(100 - comments)}`
    expect(budget('comment lines', source('db/x.ts', text))).toMatchObject({ state })
  })

  test('the share of tests leaves the sandbox out', () => {
    const share = budget(
      'test lines to source lines',
      ...[source('db/x.ts', lines(100)), source('db/x.test.ts', lines(80))],
      source('sandbox/x.ts', lines(1_000)),
    )
    expect(share).toMatchObject({ state: 'ok', value: '0.80' })
  })

  test('no use of any is within the budget, wherever it is', () => {
    const sources = [source('db/x.test.ts', '\nexport const x: any = 1\n')]
    expect(budget('uses of any', ...sources)).toMatchObject({
      ...{ state: 'over', places: ['db/x.test.ts:2'] },
    })
  })

  test('the table names the places of what is over, and of nothing else', () => {
    const one = { name: 'lines', value: '9', limit: 'at most 8', places: ['db/x.ts'] }
    const [over, place, warned, ...rest] = budgetTable([
      { ...one, state: 'over' },
      { ...one, state: 'warn' },
    ])
    expect(over).toMatch(/^ {2}over {2}lines +9 {3}at most 8$/)
    expect(place?.trim()).toBe('db/x.ts')
    expect(warned).toMatch(/^ {2}warn {2}lines/)
    expect(rest).toEqual([])
  })
})

describe('the rules of the architecture', () => {
  test.each([
    ['an import', 'domain/x.ts', "import { a } from '../db/y.ts'\na()\n", 'domain/x.ts:1'],
    ['the environment', 'api/x.ts', '\nexport const x = process.env.HOME\n', 'api/x.ts:2'],
    ['a type', 'api/x.ts', 'export const x: any = 1\n', 'api/x.ts:1'],
    ['a token', 'workflows/x.ts', "export const x = 'access_token'\n", 'workflows/x.ts:1'],
    ['a name', 'api/badName.ts', 'export const x = 1\n', 'api/badName.ts:1'],
  ])('tell where %s breaks them', (_, path, text, place) => {
    const [fault = '', ...others] = architectureFaults([source(path, text)])
    expect(fault.startsWith(`${place} `)).toBe(true)
    expect(others).toEqual([])
  })

  test('count a cycle of types too', () => {
    const faults = architectureFaults([
      source('db/a.ts', "import type { B } from './b.ts'\nexport type A = B\n"),
      source('db/b.ts', "import type { A } from './a.ts'\nexport type B = A\n"),
    ])
    expect(faults).toEqual(['import cycle: db/a.ts → db/b.ts → db/a.ts'])
  })

  test('allow chains of ten files in a folder, and not of eleven', () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, index) => {
        const next = index + 1 < length ? `import './f${index + 1}.ts'\n` : ''
        return source(`db/f${index}.ts`, `${next}export const x = 1\n`)
      })
    expect(architectureFaults(chain(10))).toEqual([])
    expect(architectureFaults(chain(11))).toEqual([
      expect.stringMatching(/^imports 11 deep, at most 10: db\/f0\.ts → .* → db\/f10\.ts$/),
    ])
  })
})
