import type { LeasedDelivery } from '../db/repositories/webhook-deliveries.ts'
import { leaseDeliveries } from '../db/repositories/webhook-deliveries.ts'
import {
  handOutEvents,
  purgeEvents,
  tenantsWithNewEvents,
} from '../db/repositories/webhook-events.ts'
import { attemptDelivery, type DeliveryDeps } from './webhook-delivery.ts'

export interface WebhookSenderDeps extends DeliveryDeps {
  everyMs: number
}

export interface WebhookSender {
  /** Takes nothing more; answers when all that is under way has ended. */
  stop(): Promise<void>
}

const EVENTS_PER_TENANT = 500
const TENANTS = 100
/** Attempts under way at once: in this process, and of these for one endpoint. */
const CAPACITY = 100
const PER_ENDPOINT = 5
/** Longer than an attempt with its time-out may take. */
const LEASE_MS = 60_000
const PURGE_EVERY_MS = 3_600_000
const PURGE_BATCH = 5_000

/**
 * Hands out events and delivers them until stopped, at least once each. Attempts run beside the loop,
 * so that a receiver that does not answer holds up only what is meant for it.
 */
export function startWebhookSender(deps: WebhookSenderDeps): WebhookSender {
  const underWay = new Map<string, Attempt>()
  let stopped = false
  let wake = () => {}
  let purgeAtMs = 0
  const running = (async () => {
    while (!stopped) {
      const woken = Promise.withResolvers<void>()
      const timer = setTimeout(woken.resolve, deps.everyMs)
      wake = woken.resolve
      const begun = await beginRound(deps, underWay, () => wake())
      if (deps.now() >= purgeAtMs) {
        purgeAtMs = deps.now() + PURGE_EVERY_MS
        await purge(deps)
      }
      // A full round leaves more to do; any other waits for the clock or for room.
      if (begun === 0 && !stopped) await woken.promise
      clearTimeout(timer)
    }
    await Promise.all([...underWay.values()].map(({ ended }) => ended))
  })()
  return {
    async stop() {
      stopped = true
      wake()
      await running
    },
  }
}

/** One round with all its attempts; answers how many those were. For tests and tools. */
export async function deliverDue(deps: DeliveryDeps): Promise<number> {
  const underWay = new Map<string, Attempt>()
  const begun = await beginRound(deps, underWay, () => undefined)
  await Promise.all([...underWay.values()].map(({ ended }) => ended))
  return begun
}

interface Attempt {
  endpointId: string
  ended: Promise<void>
}

/** Answers how many attempts were begun; the database being away is none, and is tried again. */
async function beginRound(
  deps: DeliveryDeps,
  underWay: Map<string, Attempt>,
  onEnd: () => void,
): Promise<number> {
  try {
    await handOut(deps)
    const leased = await lease(deps, underWay)
    for (const one of leased) {
      const key = `${one.id}/${one.attempt}`
      const ended = attempt(deps, one).finally(() => {
        underWay.delete(key)
        onEnd()
      })
      underWay.set(key, { endpointId: one.endpointId, ended })
    }
    return leased.length
  } catch (error) {
    deps.log.warn({ err: error }, 'webhooks could not be sent; it is tried again')
    return 0
  }
}

async function handOut(deps: DeliveryDeps): Promise<void> {
  const now = new Date(deps.now())
  const tenants = await deps.db.asSystem((em) => tenantsWithNewEvents(em, TENANTS))
  for (const tenantId of tenants) {
    await deps.db.withTenant(tenantId, (em) => handOutEvents(em, tenantId, now, EVENTS_PER_TENANT))
  }
}

async function lease(
  deps: DeliveryDeps,
  underWay: ReadonlyMap<string, Attempt>,
): Promise<LeasedDelivery[]> {
  const limit = CAPACITY - underWay.size
  if (limit <= 0) return []
  // One batch at a time: what an endpoint gets next may depend on how this one ends.
  const busy = [...new Set([...underWay.values()].map(({ endpointId }) => endpointId))]
  const request = { leaseMs: LEASE_MS, limit, perEndpoint: PER_ENDPOINT, busy }
  return deps.db.asSystem((em) => leaseDeliveries(em, { ...request, now: new Date(deps.now()) }))
}

/** Never throws: what could not be recorded comes again when its lease ends. */
async function attempt(deps: DeliveryDeps, leased: LeasedDelivery): Promise<void> {
  try {
    await attemptDelivery(deps, leased)
  } catch (error) {
    deps.log.warn({ err: error, deliveryId: leased.id }, 'a webhook is tried again later')
  }
}

async function purge(deps: DeliveryDeps): Promise<void> {
  try {
    await deps.db.asSystem((em) => purgeEvents(em, PURGE_BATCH))
  } catch (error) {
    deps.log.warn({ err: error }, 'old webhook events could not be removed; it is tried again')
  }
}
