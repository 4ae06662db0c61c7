import { sleep } from '@temporalio/workflow'
import type { FreshTokenResult } from '../activities/types.ts'
import { tokens } from './activity-proxies.ts'

/** Somebody waits for the answer of an errand: a token that is not to be had soon ends it. */
const PATIENCE_MS = 2 * 60_000

/** True when the connection has a newer token than the one refused. */
export async function tokenForErrand(input: {
  tenantId: string
  connectionId: string
  staleVersion: number
}): Promise<boolean> {
  const giveUpAt = Date.now() + PATIENCE_MS
  while (Date.now() < giveUpAt) {
    const answer: FreshTokenResult = await tokens.freshToken(input)
    if (answer.outcome !== 'retrying') return answer.outcome === 'fresh'
    await sleep(Math.max(1_000, Date.parse(answer.nextTryAt) - Date.now()))
  }
  return false
}
