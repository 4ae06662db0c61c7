import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { addCounts, readCounts, summaryLine } from './test-counts.ts'

let dir = ''

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-counts-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function countsOf(results: object) {
  const path = join(dir, 'results.json')
  await writeFile(path, JSON.stringify(results))
  return readCounts(path)
}

test('todo counts as skipped, and a file that cannot be loaded as failed', async () => {
  const counts = await countsOf({
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 3,
    numRuntimeErrorTestSuites: 4,
  })
  expect(summaryLine(counts)).toBe('5 passed, 5 failed, 5 skipped')
})

test('a run that left no results is a failure, not nothing', async () => {
  const none = await readCounts(join(dir, 'none.json'))
  const some = await countsOf({ numPassedTests: 2 })
  expect(summaryLine(addCounts(some, none))).toBe('2 passed, 1 failed, 0 skipped')
})
