import type { EntityManager } from '@mikro-orm/postgresql'
import { LockMode } from '@mikro-orm/postgresql'
import type { WebhookDeliveryState } from '../../domain/webhook-events.ts'
import { WebhookDelivery } from '../entities/webhook-delivery.ts'
import { WebhookEndpoint } from '../entities/webhook-endpoint.ts'
import { WebhookEvent } from '../entities/webhook-event.ts'
import { after, allOf } from './conditions.ts'
import { decodeCursor, KEYSET_AT, type Keyset, type Page, pageOf } from './keyset.ts'

/** A delivery with the event that it carries. */
export interface ToldDelivery {
  delivery: WebhookDelivery
  event: WebhookEvent
}

/** What a person sets; fields that are undefined stay. */
export type EndpointFields = Partial<
  Pick<
    WebhookEndpoint,
    | 'url'
    | 'description'
    | 'events'
    | 'isActive'
    | 'disabledAt'
    | 'disabledReason'
    | 'consecutiveFailures'
    | 'failingSince'
    | 'updatedBy'
  >
>

export interface SealedSecret {
  ciphertext: string
  keyVersion: number
}

/** Within the tenant of the transaction; undefined for other tenants' ids too. */
export async function getEndpoint(
  em: EntityManager,
  id: string,
): Promise<WebhookEndpoint | undefined> {
  return (await em.findOne(WebhookEndpoint, { id })) ?? undefined
}

/** The row with its lock, held until the transaction ends. */
export async function lockEndpoint(
  em: EntityManager,
  id: string,
): Promise<WebhookEndpoint | undefined> {
  const lockMode = LockMode.PESSIMISTIC_WRITE
  return (await em.findOne(WebhookEndpoint, { id }, { lockMode })) ?? undefined
}

/** Newest first. Throws InvalidCursor. */
export async function listEndpoints(
  em: EntityManager,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<Page<WebhookEndpoint>> {
  const where = allOf([after(cursor === undefined ? undefined : decodeCursor(cursor))])
  const keys = await em.execute<Keyset[]>(
    `select id, ${KEYSET_AT} as at from webhook_endpoints
     where ${where.sql} order by created_at desc, id limit ?`,
    [...where.parameters, limit + 1],
  )
  const page = pageOf(keys, limit)
  const found = await em.find(WebhookEndpoint, { id: { $in: page.rows.map(({ id }) => id) } })
  const byId = new Map(found.map((endpoint) => [endpoint.id, endpoint]))
  return { data: page.rows.flatMap(({ id }) => byId.get(id) ?? []), nextCursor: page.next }
}

export async function insertEndpoint(
  em: EntityManager,
  endpoint: Pick<WebhookEndpoint, 'id' | 'tenantId' | 'url' | 'description' | 'events'> & {
    createdBy: string
    isActive: boolean
  },
  secret: SealedSecret,
): Promise<void> {
  const off = endpoint.isActive ? {} : { disabledAt: new Date(), disabledReason: 'paused' as const }
  await em.insert(WebhookEndpoint, {
    ...endpoint,
    ...off,
    updatedBy: endpoint.createdBy,
    secretCiphertext: secret.ciphertext,
    keyVersion: secret.keyVersion,
  })
}

/** Call it under `lockEndpoint`; raises the revision. */
export async function updateEndpoint(
  em: EntityManager,
  { id, revision }: Pick<WebhookEndpoint, 'id' | 'revision'>,
  fields: EndpointFields,
): Promise<void> {
  await em.nativeUpdate(WebhookEndpoint, { id }, { ...fields, revision: revision + 1 })
  // What is still in memory is the row as it was.
  em.clear()
}

/** Call it under `lockEndpoint`: the secret of now signs beside the new one until `until`. */
export async function rotateEndpointSecret(
  em: EntityManager,
  id: string,
  secret: SealedSecret,
  { until, userId }: { until: Date; userId: string },
): Promise<void> {
  const sql = `update webhook_endpoints set previous_secret_ciphertext = secret_ciphertext,
      previous_secret_expires_at = ?, secret_ciphertext = ?, revision = revision + 1,
      updated_by = ?, key_version = least(?,
        substring(secret_ciphertext from '^[a-z]+:v([0-9]{1,9}):')::integer)
    where id = ?`
  await em.execute(sql, [until, secret.ciphertext, userId, secret.keyVersion, id])
  em.clear()
}

/** With its log of deliveries. */
export async function deleteEndpoint(em: EntityManager, id: string): Promise<void> {
  await em.nativeDelete(WebhookEndpoint, { id })
}

/** Newest first. Throws InvalidCursor. */
export async function listDeliveries(
  em: EntityManager,
  endpointId: string,
  { cursor, limit, state }: { cursor?: string; limit: number; state?: WebhookDeliveryState },
): Promise<Page<ToldDelivery>> {
  const where = allOf([
    ['endpoint_id = ?', endpointId],
    state && ['state = ?', state],
    after(cursor === undefined ? undefined : decodeCursor(cursor)),
  ])
  const keys = await em.execute<Keyset[]>(
    `select id, ${KEYSET_AT} as at from webhook_deliveries
     where ${where.sql} order by created_at desc, id limit ?`,
    [...where.parameters, limit + 1],
  )
  const page = pageOf(keys, limit)
  const ids = page.rows.map(({ id }) => id)
  const byId = new Map((await getDeliveries(em, ids)).map((told) => [told.delivery.id, told]))
  return { data: ids.flatMap((id) => byId.get(id) ?? []), nextCursor: page.next }
}

/** One delivery of this endpoint; undefined when it has none by this id. */
export async function getDelivery(
  em: EntityManager,
  endpointId: string,
  id: string,
): Promise<ToldDelivery | undefined> {
  const [told] = await getDeliveries(em, [id])
  return told?.delivery.endpointId === endpointId ? told : undefined
}

/** Sends it again from the first attempt on, whatever became of it; the message keeps its id. */
export async function replayDelivery(em: EntityManager, id: string, now: Date): Promise<void> {
  const sql = `update webhook_deliveries set state = 'pending', failed_attempts = 0,
      next_attempt_at = ? where id = ?`
  await em.execute(sql, [now, id])
  em.clear()
}

async function getDeliveries(em: EntityManager, ids: readonly string[]): Promise<ToldDelivery[]> {
  if (ids.length === 0) return []
  const deliveries = await em.find(WebhookDelivery, { id: { $in: [...ids] } })
  const eventIds = deliveries.map(({ eventId }) => eventId)
  const events = await em.find(WebhookEvent, { id: { $in: eventIds } })
  const byId = new Map(events.map((event) => [event.id, event]))
  return deliveries.flatMap((delivery) => {
    const event = byId.get(delivery.eventId)
    return event === undefined ? [] : [{ delivery, event }]
  })
}
