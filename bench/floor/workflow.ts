import { proxyActivities, sleep } from '@temporalio/workflow'
import type { FloorCall } from './worker.ts'

/** Far above the answer time of the sandbox: a slow run must not turn into repeated posts. */
const { call } = proxyActivities<{ call(input: FloorCall): Promise<string> }>({
  startToCloseTimeout: '1 minute',
})

/** The smallest workflow that could publish: one timer, one activity. */
export async function floorWorkflow(input: FloorCall & { dueAt: number }): Promise<string> {
  const waitMs = input.dueAt - Date.now()
  if (waitMs > 0) await sleep(waitMs)
  return call(input)
}
