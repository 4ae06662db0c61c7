import type { EntityManager } from '@mikro-orm/postgresql'
import { sentSince } from '../db/repositories/account-use.ts'
import { brokenCaps } from '../platforms/check-content.ts'
import type { Cap, Connector } from '../platforms/connector.ts'
import { retryAt } from './give-up.ts'
import type { PublishInput } from './types.ts'

/** Posts that went out by an account, newest first. */
export type Sent = readonly { atMs: number; posts: number }[]

/** What went out within the longest window that the platform bounds; nothing where it bounds none. */
export async function loadSent(
  em: EntityManager,
  { tenantId, dueAt }: PublishInput,
  { limits: { caps = [] } }: Connector,
  connectionId: string,
): Promise<Sent> {
  if (caps.length === 0) return []
  const since = new Date(sendsAtOf(dueAt) - Math.max(...caps.map(({ windowMs }) => windowMs)))
  const atMost = Math.max(...caps.map(({ posts }) => posts))
  return sentSince(em, { tenantId, connectionId }, since, atMost)
}

/** What the platform would refuse for being too much is not tried before there is room again. */
export function awaitCap({ dueAt }: PublishInput, connector: Connector, sent: Sent): void {
  const sendsAt = sendsAtOf(dueAt)
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

function sendsAtOf(dueAt: number | null): number {
  return Math.max(dueAt ?? 0, Date.now())
}

/** When enough posts have left the window for one more; newest first. */
function roomAt({ posts, windowMs }: Cap, sent: Sent) {
  let count = 0
  for (const one of sent) {
    count += one.posts
    if (count >= posts) return one.atMs + windowMs
  }
  return Date.now()
}
