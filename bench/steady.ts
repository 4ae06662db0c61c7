import { randomUUID } from 'node:crypto'
import { connectAccounts } from './accounts.ts'
import { startBenchStack } from './bench-stack.ts'
import { acceptedInstants, insertPosts } from './posts.ts'
import { lateness } from './stats.ts'

/** Far below what a burst drains: this measures lateness without a queue. */
const PER_SECOND = 5
const SECONDS = 60

/** 5 posts due in every second of a minute, as on an ordinary busy day. */
export async function benchSteady() {
  const stack = await startBenchStack()
  try {
    const accounts = await connectAccounts(stack, 20)
    const worker = await stack.startWorker()
    // On a full second and a minute ahead, so that the first posts are staged as the last ones are.
    const firstDue = Math.ceil(Date.now() / 1000) * 1000 + 60_000
    const series = `s${randomUUID().slice(0, 8)}`
    const late: number[] = []
    for (let second = 0; second < SECONDS; second++) {
      const texts = Array.from({ length: PER_SECOND }, (_, i) => `${series}x${second}x ${i}`)
      await insertPosts(stack, accounts, texts, new Date(firstDue + second * 1000))
    }
    for (let second = 0; second < SECONDS; second++) {
      const dueAt = firstDue + second * 1000
      const name = `${series}x${second}x`
      const instants = await acceptedInstants(stack, name, PER_SECOND, 180_000)
      late.push(...instants.map((at) => at - dueAt))
    }
    await worker.stop()
    return { posts: late.length, per_second: PER_SECOND, ...lateness(late, 0) }
  } finally {
    await stack.stop()
  }
}
