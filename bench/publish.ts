import { randomUUID } from 'node:crypto'
import { postWorkflowId } from '../workflows/contract.ts'
import type { BenchAccount } from './accounts.ts'
import { connectAccounts } from './accounts.ts'
import type { BenchStack } from './bench-stack.ts'
import { startBenchStack } from './bench-stack.ts'
import { FLOOR_QUEUE } from './floor/worker.ts'
import { acceptedInstants, insertPosts } from './posts.ts'
import type { Lateness } from './stats.ts'
import { drainRate, lateness, round } from './stats.ts'

/** Spread over many accounts, so that no single connection's row is what is measured. */
const ACCOUNTS = 50
/** Starting everything, and the longest lead, must be over before the due instant. */
const START_MS_PER_POST = 20
const LEAD_MS = 50_000
/** A run that takes longer than this has failed, it is not slow. */
const TIMEOUT_MS = 180_000

/** Instants are the sandbox's, when it accepted a post; lateness in ms after the due instant. */
interface Drain extends Lateness {
  postsPerSecond: number
}

/** N posts due at the same second: the product against the smallest Temporal workflow. */
export async function benchPublish(count = 1_500) {
  const stack = await startBenchStack()
  try {
    const accounts = await connectAccounts(stack, ACCOUNTS)
    // One after the other and never side by side: they share the machine.
    const floor = await measureFloor(stack, accounts, count, true)
    const floorNow = await measureFloor(stack, accounts, count, false)
    const worker = await stack.startWorker()
    const staged = await measureProduct(stack, accounts, count, true)
    const now = await measureProduct(stack, accounts, count, false)
    await worker.stop()
    return {
      posts: count,
      floor,
      staged: staged.drain,
      staged_ratio: round(staged.drain.postsPerSecond / floor.postsPerSecond),
      p99_ratio: round(staged.drain.p99Ms / floor.p99Ms, 3),
      floor_now: floorNow,
      now: now.drain,
      now_ratio: round(now.drain.postsPerSecond / floorNow.postsPerSecond),
      history_events: { staged: staged.historyEvents, now: now.historyEvents },
    }
  } finally {
    await stack.stop()
  }
}

/** Starts a fresh worker for each series, so that no cache of the last one helps. */
async function measureFloor(
  stack: BenchStack,
  accounts: readonly BenchAccount[],
  count: number,
  isScheduled: boolean,
): Promise<Drain> {
  const worker = await stack.startFloorWorker()
  const series = `f${randomUUID().slice(0, 8)}`
  const dueAt = isScheduled ? dueInstant(count) : Date.now()
  const start = (index: number) =>
    stack.client.workflow.start('floorWorkflow', {
      workflowId: `${series}-${index}`,
      taskQueue: FLOOR_QUEUE,
      args: [
        {
          url: stack.sandboxUrl,
          accessToken: accounts[index % accounts.length]?.accessToken,
          text: `${series} ${index}`,
          dueAt,
        },
      ],
    })
  // A hundred at a time, as the relay starts the product's.
  for (let from = 0; from < count; from += 100) {
    const indexes = Array.from({ length: Math.min(100, count - from) }, (_, i) => from + i)
    await Promise.all(indexes.map(start))
  }
  const instants = await acceptedInstants(stack, series, count, TIMEOUT_MS)
  await worker.stop()
  return drainOf(instants, dueAt)
}

/** The same posts through the product; also how long the history of one of them is. */
async function measureProduct(
  stack: BenchStack,
  accounts: readonly BenchAccount[],
  count: number,
  isScheduled: boolean,
) {
  const series = `p${randomUUID().slice(0, 8)}`
  const texts = Array.from({ length: count }, (_, index) => `${series} ${index}`)
  const dueAt = isScheduled ? dueInstant(count) : Date.now()
  const ids = await insertPosts(stack, accounts, texts, isScheduled ? new Date(dueAt) : null)
  const instants = await acceptedInstants(stack, series, count, TIMEOUT_MS)
  const historyEvents = await eventsOf(stack, ids[0] ?? '')
  return { drain: drainOf(instants, dueAt), historyEvents }
}

/** Epoch ms, far enough ahead that everything is started and staged by then. */
function dueInstant(count: number): number {
  return Date.now() + count * START_MS_PER_POST + LEAD_MS
}

function drainOf(instants: readonly number[], dueAt: number): Drain {
  return { postsPerSecond: drainRate(instants, dueAt), ...lateness(instants, dueAt) }
}

/** Waits for the workflow's end: a history that still grows is no figure. */
async function eventsOf({ client, tenantId }: BenchStack, postId: string): Promise<number> {
  const handle = client.workflow.getHandle(postWorkflowId(tenantId, postId))
  await handle.result()
  const { events } = await handle.fetchHistory()
  return events?.length ?? 0
}
