import { randomUUID } from 'node:crypto'
import { type BenchAccount, connectAccounts } from './accounts.ts'
import { type BenchStack, startBenchStack } from './bench-stack.ts'
import { refreshFloor } from './floor/refresh-loop.ts'
import { acceptedInstants, insertPosts } from './posts.ts'
import { refreshPhases } from './refresh-phases.ts'
import { measureStorm, postponeConnections, type Storm, startConnections } from './refresh-storm.ts'
import { type Lateness, lateness, round } from './stats.ts'
import { connectXAccounts, type XAccount } from './x-accounts.ts'

/** WORKER_MAX_ACTIVITIES of a worker that is told nothing else. */
const AT_ONCE = 100
/** Starting or telling all workflows must be over before the due instant. */
const LEAD_MS = 10_000
const LEAD_MS_PER_CONNECTION = 30
/** The posts of the mixed run are staged by then. */
const POSTS_LEAD_MS = 60_000
const POSTS = 100
const POST_GROUPS = 20
const TIMEOUT_MS = 180_000
/** Odd, for the median: one storm says little on a machine that does other things too. */
const STORMS = 3

/**
 * N tokens due at the same second, with a real Vault, against a plain loop; then the same storm with
 * posts due in the midst of it. Versions: 1 by the consent, one more by each storm.
 */
export async function benchRefresh(count = 300) {
  const stack = await startBenchStack({ withVault: true })
  try {
    const floorAccounts = await connectXAccounts(stack, count)
    const accounts = await connectXAccounts(stack, count)
    const posting = await connectAccounts(stack, POST_GROUPS)
    const floors = [await measureFloors(stack, floorAccounts)]
    const worker = await stack.startWorker()
    const first = await storm(stack, accounts, 2)
    const warm = await warmStorms(stack, accounts)
    const mixed = await mixedStorm(stack, accounts, posting, 3 + STORMS)
    await worker.stop()
    // Before and after: a machine that others use is not the same for a minute.
    floors.push(await measureFloors(stack, floorAccounts))
    const floor = mean(floors.map(({ plain }) => plain))
    const floorWithDecrypt = mean(floors.map(({ withDecrypt }) => withDecrypt))
    const ratioTo = (rate: number) => round(warm.storm.refreshesPerSecond / rate)
    return {
      connections: count,
      floor: { refreshesPerSecond: floor },
      floor_with_decrypt: { refreshesPerSecond: floorWithDecrypt },
      // By a worker that has just started; everything after it by one that is warm.
      first: first.storm,
      first_ratio: round(first.storm.refreshesPerSecond / floor),
      storm: warm.storm,
      storms_refreshesPerSecond: warm.rates.join(' '),
      ratio: ratioTo(floor),
      ratio_to_floor_with_decrypt: ratioTo(floorWithDecrypt),
      mixed,
      history_events: warm.history.events,
      phases: warm.history.phases,
    }
  } finally {
    await stack.stop()
  }
}

/** Refreshes per second of the plain loop, never while a worker runs: they share the machine. */
async function measureFloors(stack: BenchStack, accounts: XAccount[]) {
  const plain = await refreshFloor(stack, accounts, { atOnce: AT_ONCE, withDecrypt: false })
  const withDecrypt = await refreshFloor(stack, accounts, { atOnce: AT_ONCE, withDecrypt: true })
  return { plain, withDecrypt }
}

/** Of rates over the same number of refreshes: the harmonic one. */
function mean(rates: readonly number[]): number {
  return round(rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0))
}

async function storm(stack: BenchStack, accounts: readonly XAccount[], version: number) {
  const dueAt = Date.now() + LEAD_MS + accounts.length * LEAD_MS_PER_CONNECTION
  const ready = version === 2 ? startConnections : postponeConnections
  await ready(stack, accounts, dueAt)
  const measured = await measureStorm(stack, accounts, version, dueAt)
  return { storm: measured, history: await refreshPhases(stack, accounts, dueAt) }
}

/** The one of median speed, whole: its history belongs to its figures. */
async function warmStorms(stack: BenchStack, accounts: readonly XAccount[]) {
  const storms: Awaited<ReturnType<typeof storm>>[] = []
  for (let index = 0; index < STORMS; index++) {
    storms.push(await storm(stack, accounts, 3 + index))
  }
  const rates = storms.map((one) => one.storm.refreshesPerSecond)
  const median = rates.toSorted((a, b) => a - b)[Math.floor(STORMS / 2)]
  const [chosen] = storms.filter((one) => one.storm.refreshesPerSecond === median)
  if (chosen === undefined) throw new Error('there was no storm')
  return { ...chosen, rates }
}

/** A hundred posts, due from a second before the storm until four seconds into it. */
async function mixedStorm(
  stack: BenchStack,
  accounts: readonly XAccount[],
  posting: readonly BenchAccount[],
  version: number,
): Promise<Storm & { posts: Lateness }> {
  const dueAt = Date.now() + POSTS_LEAD_MS
  const everyMs = 250
  const groups = Array.from({ length: POST_GROUPS }, (_, index) => ({
    series: `m${randomUUID().slice(0, 8)}x`,
    dueAt: dueAt - 1_000 + index * everyMs,
  }))
  for (const [index, group] of groups.entries()) {
    const texts = Array.from({ length: POSTS / POST_GROUPS }, (_, i) => `${group.series} ${i}`)
    // Each group begins with another account, so that all of them post.
    const rotated = [...posting.slice(index), ...posting.slice(0, index)]
    await insertPosts(stack, rotated, texts, new Date(group.dueAt))
  }
  await postponeConnections(stack, accounts, dueAt)
  const measured = await measureStorm(stack, accounts, version, dueAt)
  const late: number[] = []
  for (const group of groups) {
    const instants = await acceptedInstants(stack, group.series, POSTS / POST_GROUPS, TIMEOUT_MS)
    late.push(...instants.map((at) => at - group.dueAt))
  }
  return { ...measured, posts: lateness(late, 0) }
}
