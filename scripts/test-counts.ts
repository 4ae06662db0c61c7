import { readFile } from 'node:fs/promises'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export const NO_COUNTS: Counts = { passed: 0, failed: 0, skipped: 0 }

/** The counts of jest's `--json` results; a run that left none counts as one failure. */
export async function readCounts(resultFile: string): Promise<Counts> {
  const text = await readFile(resultFile, 'utf8').catch(() => undefined)
  if (text === undefined) return { ...NO_COUNTS, failed: 1 }
  const fields = new Map(Object.entries(JSON.parse(text)))
  const count = (field: string) => Number(fields.get(field) ?? 0)
  return {
    passed: count('numPassedTests'),
    // A file that cannot be loaded has no tests, and must not look like a success.
    failed: count('numFailedTests') + count('numRuntimeErrorTestSuites'),
    skipped: count('numPendingTests') + count('numTodoTests'),
  }
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }
}

export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
