/**
 * `npm run check`, what CI runs before the tests: one line a check, details below a failed one, exit
 * code 1 if any failed. `-- --write` makes the generated files anew first.
 */
import { styleText } from 'node:util'
import { architectureFaults } from './check/architecture.ts'
import { budgetsOf, budgetTable } from './check/budgets.ts'
import { composeFaults } from './check/compose.ts'
import { linkFaults } from './check/doc-links.ts'
import { driftFaults, writeGenerated } from './check/drift.ts'
import { imageFaults } from './check/image.ts'
import { openApiFaults } from './check/openapi.ts'
import { runProgram } from './check/run-program.ts'
import { loadSources } from './check/sources.ts'

interface Result {
  /** Empty: the check is passed. */
  faults: readonly string[]
  /** Printed whatever the outcome. */
  table?: readonly string[]
}

if (process.argv.includes('--write')) writeGenerated()
// Their own processes first: they run beside what follows.
const types = runProgram('tsc', ['-p', '.'])
const lint = runProgram('biome', ['ci', '--colors=off', '.'])
const sources = loadSources()

const CHECKS: readonly [string, () => Result | Promise<Result>][] = [
  ['types', async () => ({ faults: await types })],
  ['lint and format', async () => ({ faults: await lint })],
  ['architecture', () => ({ faults: architectureFaults(sources) })],
  ['drift', async () => ({ faults: [...driftFaults(), ...(await openApiFaults())] })],
  ['links of documents', () => ({ faults: linkFaults() })],
  ['compose file', () => ({ faults: composeFaults() })],
  ['image', () => ({ faults: imageFaults(sources) })],
  ['budgets', checkBudgets],
]

const failed: string[] = []
for (const [name, check] of CHECKS) {
  const startedAt = performance.now()
  const { faults, table = [] } = await check()
  report(name, faults, performance.now() - startedAt)
  for (const line of table) console.log(line)
  if (faults.length > 0) failed.push(name)
}
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1

function checkBudgets(): Result {
  const budgets = budgetsOf(sources)
  const over = budgets.filter(({ state }) => state === 'over')
  return { faults: over.map(({ name }) => `${name} is over`), table: budgetTable(budgets) }
}

function report(name: string, faults: readonly string[], tookMs: number): void {
  const seconds = (tookMs / 1000).toFixed(1)
  if (faults.length === 0) console.log(`${styleText('green', 'OK     ')} ${name} (${seconds} s)`)
  else console.log(`${styleText('red', 'failed ')} ${name} (${faults.length})`)
  for (const fault of faults) console.log(`        ${fault}`)
}
