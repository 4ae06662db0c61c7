import { sentSince } from '../db/repositories/account-use.ts'
import type { PublishFacts } from '../db/repositories/publish-load.ts'
import { brokenCaps } from '../platforms/check-content.ts'
import type { Cap, Connector } from '../platforms/connector.ts'
import type { ActivityDeps } from './deps.ts'
import { retryAt } from './give-up.ts'
import type { PublishInput } from './types.ts'

/** What the platform would refuse for being too much is not tried before there is room again. */
export async function awaitCap(
  deps: ActivityDeps,
  { tenantId, dueAt }: PublishInput,
  connector: Connector,
  { connection }: PublishFacts,
): Promise<void> {
  const caps = connector.limits.caps ?? []
  if (caps.length === 0) return
  const sendsAt = Math.max(dueAt ?? 0, Date.now())
  const since = new Date(sendsAt - Math.max(...caps.map(({ windowMs }) => windowMs)))
  const ids = { tenantId, connectionId: connection.id }
  const atMost = Math.max(...caps.map(({ posts }) => posts))
  const sent = await deps.db.withTenant(tenantId, (em) => sentSince(em, ids, since, atMost))
  const within = (windowMs: number) => sent.filter(({ atMs }) => atMs > sendsAt - windowMs)
  const use = {
    postsWithin: (windowMs: number) => within(windowMs).reduce((sum, one) => sum + one.posts, 0),
  }
  const waits = brokenCaps(connector, use).map((cap) => roomAt(cap, within(cap.windowMs)))
  if (waits.length === 0) return
  const until = Math.max(...waits)
  const message = `The account has used up what the platform allows until ${new Date(until).toISOString()}.`
  throw retryAt(until, 'daily_cap', message)
}

/** When enough posts have left the window for one more; newest first. */
function roomAt({ posts, windowMs }: Cap, sent: readonly { atMs: number; posts: number }[]) {
  let count = 0
  for (const one of sent) {
    count += one.posts
    if (count >= posts) return one.atMs + windowMs
  }
  return Date.now()
}
