import type { Log } from '../activities/deps.ts'
import type { Database } from '../db/open-database.ts'
import { recordAudit } from '../db/repositories/audit.ts'
import type {
  Attempted,
  DeliveryLoad,
  LeasedDelivery,
} from '../db/repositories/webhook-deliveries.ts'
import {
  disableEndpoint,
  loadDelivery,
  postponeDelivery,
  recordDelivered,
  recordFailed,
} from '../db/repositories/webhook-deliveries.ts'
import { tokenContext } from '../domain/token-context.ts'
import { type WebhookDisabledReason, webhookMessageId } from '../domain/webhook-events.ts'
import { isGivenUp, nextAttemptAt } from '../domain/webhook-schedule.ts'
import type { TokenCipher } from '../vault/token-cipher.ts'
import type { WebhookPost } from './webhook-post.ts'
import { signatureHeaders } from './webhook-signature.ts'

export interface DeliveryDeps {
  db: Database
  cipher: Pick<TokenCipher, 'decrypt'>
  post: WebhookPost
  log: Log
  /** Epoch ms. */
  now(): number
  /** From 0 to 1, for jitter. */
  random(): number
}

/** Until Vault or the database may be back. */
const POSTPONE_MS = 30_000
/** https://www.rfc-editor.org/rfc/rfc9110#section-15.5.11: the receiver wants no more of it. */
const GONE = 410

/** One attempt, from reading to recording; throws when the database is away. */
export async function attemptDelivery(deps: DeliveryDeps, leased: LeasedDelivery): Promise<void> {
  const { tenantId } = leased
  const load = await deps.db.withTenant(tenantId, (em) =>
    loadDelivery(em, leased, new Date(deps.now())),
  )
  if (load === undefined) return
  const secrets = await openSecrets(deps, leased, load)
  if (secrets === undefined) return
  const at = new Date(deps.now())
  const id = webhookMessageId(load.eventId)
  const body = bodyOf(load)
  const posted = await deps.post.send(load.url, signatureHeaders({ id, at, body }, secrets), body)
  const attempted: Attempted = { at, durationMs: Math.max(0, deps.now() - at.getTime()), ...posted }
  const { status } = attempted
  if (status !== undefined && status >= 200 && status < 300) {
    await deps.db.withTenant(tenantId, (em) => recordDelivered(em, leased, attempted))
    return
  }
  await recordTrouble(deps, leased, load, attempted)
}

/** The payload as Standard Webhooks shapes it, with our number beside. */
function bodyOf({ eventId, type, occurredAt, seq, data }: DeliveryLoad): string {
  const id = webhookMessageId(eventId)
  return JSON.stringify({ id, type, timestamp: occurredAt.toISOString(), seq, data })
}

/** Undefined when they cannot be read now: that is not the receiver's fault, and is not counted. */
async function openSecrets(
  deps: DeliveryDeps,
  leased: LeasedDelivery,
  { secrets }: DeliveryLoad,
): Promise<string[] | undefined> {
  const context = tokenContext(leased.tenantId, `hook:${leased.endpointId}`, 'secret')
  try {
    return await deps.cipher.decrypt(secrets.map((ciphertext) => ({ ciphertext, context })))
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown'
    deps.log.warn({ endpointId: leased.endpointId, reason }, 'a webhook waits for its secret')
    const until = new Date(deps.now() + POSTPONE_MS)
    const words = 'The secret of the endpoint cannot be read just now; nothing was sent.'
    await deps.db.withTenant(leased.tenantId, (em) => postponeDelivery(em, leased, until, words))
    return undefined
  }
}

async function recordTrouble(
  deps: DeliveryDeps,
  leased: LeasedDelivery,
  { failedAttempts }: DeliveryLoad,
  attempted: Attempted,
): Promise<void> {
  const { status } = attempted
  const nowMs = deps.now()
  const isGone = status === GONE
  const nextMs = isGone ? null : nextAttemptAt(failedAttempts + 1, nowMs, deps.random())
  const next = nextMs === null ? null : new Date(nextMs)
  const error = attempted.error ?? `The receiver answered ${status}.`
  await deps.db.withTenant(leased.tenantId, async (em) => {
    const endpoint = await recordFailed(em, leased, { ...attempted, error }, next)
    if (endpoint === undefined) return
    const failing = { sinceMs: endpoint.since.getTime(), failures: endpoint.failures }
    if (!isGone && !isGivenUp(failing, nowMs)) return
    const reason: WebhookDisabledReason = isGone ? 'gone' : 'failing'
    const { tenantId, endpointId } = leased
    if (!(await disableEndpoint(em, endpointId, reason, new Date(nowMs)))) return
    const detail = { reason, failures: failing.failures, since: endpoint.since.toISOString() }
    const resource = { resourceType: 'webhook_endpoint', resourceId: endpointId }
    const action = 'webhook_endpoint.disabled'
    await recordAudit(em, { tenantId, actorType: 'system', action, ...resource, detail })
    deps.log.warn({ endpointId, ...detail }, 'a webhook endpoint was switched off')
  })
}
