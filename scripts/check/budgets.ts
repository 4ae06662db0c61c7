import { deepestOverall, MAX_DEPTH } from './architecture.ts'
import { isTest, readProjectFile } from './project-files.ts'
import type { Source } from './sources.ts'

export interface Budget {
  name: string
  value: string
  limit: string
  state: 'ok' | 'warn' | 'over'
  /** The worst places, when it is over. */
  places: string[]
}

const MIGRATIONS = 'db/migrations/'
const MAX_FILE_LINES = 500
const MAX_FUNCTION_LINES = 80

/** The budgets of STYLE.md. Comments and the share of tests only warn. */
export function budgetsOf(sources: readonly Source[]): Budget[] {
  const counted = sources.filter(({ path }) => !path.startsWith(MIGRATIONS))
  const product = counted.filter(({ path }) => !isTest(path))
  return [
    ...fileBudgets(counted),
    ...functionBudgets(product),
    commentBudget(product),
    testBudget(counted),
    depthBudget(product),
    ...ruleBudgets(counted),
    scriptBudget(),
  ]
}

function fileBudgets(sources: readonly Source[]): Budget[] {
  const sizes = sources.map(({ lines }) => lines)
  const tooLong = sources.filter(({ lines }) => lines > MAX_FILE_LINES)
  const places = tooLong.map(({ path, lines }) => `${path} (${lines})`)
  return [
    atMost('file lines, median', percentile(sizes, 0.5), 80),
    atMost('file lines, p95', percentile(sizes, 0.95), 300),
    atMost('file lines, longest', Math.max(0, ...sizes), MAX_FILE_LINES, places),
  ]
}

function functionBudgets(sources: readonly Source[]): Budget[] {
  const functions = sources.flatMap(({ path, functions: own }) =>
    own.map((one) => ({ ...one, path })),
  )
  const sizes = functions.map(({ lines }) => lines)
  const places = functions
    .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
    .map(({ path, line, name, lines }) => `${path}:${line} ${name} (${lines})`)
  return [
    atMost('function lines, median', percentile(sizes, 0.5), 12),
    atMost('function lines, p95', percentile(sizes, 0.95), 50),
    atMost('function lines, longest', Math.max(0, ...sizes), MAX_FUNCTION_LINES, places),
  ]
}

function commentBudget(sources: readonly Source[]): Budget {
  const share = (100 * sum(sources, 'commentLines')) / Math.max(1, sum(sources, 'lines'))
  const isInside = share >= 8 && share <= 15
  return {
    name: 'comment lines',
    value: `${share.toFixed(1)} %`,
    limit: '8 to 15 %',
    state: isInside ? 'ok' : 'warn',
    places: [],
  }
}

function testBudget(sources: readonly Source[]): Budget {
  const tests = sources.filter(({ path }) => isTest(path))
  const rest = sources.filter(({ path }) => !isTest(path) && !path.startsWith('sandbox/'))
  const ratio = sum(tests, 'lines') / Math.max(1, sum(rest, 'lines'))
  return {
    name: 'test lines to source lines',
    value: ratio.toFixed(2),
    limit: '0.8 to 1.5',
    state: ratio >= 0.8 && ratio <= 1.5 ? 'ok' : 'warn',
    places: [],
  }
}

/** Inside one folder it is a rule, see architecture.ts; over all of them it only warns. */
function depthBudget(sources: readonly Source[]): Budget {
  const { length } = deepestOverall(sources)
  const state = length <= MAX_DEPTH ? 'ok' : 'warn'
  const name = 'import depth over all folders'
  return { name, value: String(length), limit: `at most ${MAX_DEPTH}`, state, places: [] }
}

function ruleBudgets(sources: readonly Source[]): Budget[] {
  const places = (lines: 'anyLines' | 'suppressionLines') =>
    sources.flatMap((source) => source[lines].map((line) => `${source.path}:${line}`))
  const anys = places('anyLines')
  const suppressions = places('suppressionLines')
  const perThousand = (1000 * suppressions.length) / Math.max(1, sum(sources, 'lines'))
  return [
    atMost('uses of any', anys.length, 0, anys),
    atMost('suppressions per 1,000 lines', Number(perThousand.toFixed(2)), 0.3, suppressions),
  ]
}

function scriptBudget(): Budget {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readProjectFile('package.json'),
  )
  return atMost('root scripts', Object.keys(scripts).length, 15)
}

function atMost(name: string, value: number, limit: number, places: string[] = []): Budget {
  const state = value <= limit ? 'ok' : 'over'
  return { name, value: String(value), limit: `at most ${limit}`, state, places }
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

function sum(sources: readonly Source[], field: 'lines' | 'commentLines'): number {
  return sources.reduce((total, source) => total + source[field], 0)
}

export function budgetTable(budgets: readonly Budget[]): string[] {
  return budgets.flatMap(({ name, value, limit, state, places }) => [
    `  ${state.padEnd(4)}  ${name.padEnd(30)} ${value.padStart(7)}   ${limit}`,
    ...(state === 'over' ? places.map((place) => `          ${place}`) : []),
  ])
}
