import type { EntityManager } from '@mikro-orm/postgresql'

export interface IdempotencyRequest {
  tenantId: string
  key: string
  /** Method and route, such as `POST /v1/posts`. */
  operation: string
  /** Hash of operation and body: the same key with another one is a mistake. */
  fingerprint: string
  /** How long this request may work before another may take the key over, ms. */
  lockMs: number
  /** How long the answer is kept, ms. */
  keepMs: number
}

/** Proof of the right to answer; void once another request took the key over. */
export interface IdempotencyClaim {
  tenantId: string
  key: string
  lockedUntil: Date
}

/** The first answer, as it is repeated; `body` is null for an empty one. */
export interface StoredResponse {
  status: number
  body: unknown
  headers: Record<string, string>
}

/** `reused`: the key stands for another request. `in_flight`: its request still runs. */
export type ClaimResult =
  | { outcome: 'claimed'; claim: IdempotencyClaim }
  | { outcome: 'replay'; response: StoredResponse }
  | { outcome: 'in_flight' }
  | { outcome: 'reused' }

interface KeyRow {
  fingerprint: string
  status: 'in_flight' | 'done'
  response_status: number | null
  response_body: unknown
  response_headers: Record<string, string> | null
}

/**
 * Takes the key, or tells what became of the request that has it. Commit before working: only a
 * committed claim keeps a concurrent repetition out.
 */
export async function claimIdempotencyKey(
  em: EntityManager,
  request: IdempotencyRequest,
): Promise<ClaimResult> {
  const lockedUntil = new Date(Date.now() + request.lockMs)
  const taken = await em.execute(
    `insert into idempotency_keys
       (tenant_id, key, operation, fingerprint, locked_until, expires_at)
     values (?, ?, ?, ?, ?, ?)
     on conflict (tenant_id, key) do update set
       operation = excluded.operation, fingerprint = excluded.fingerprint, status = 'in_flight',
       response_status = null, response_body = null, response_headers = null,
       locked_until = excluded.locked_until, expires_at = excluded.expires_at
     where idempotency_keys.expires_at < now()
        or (idempotency_keys.status = 'in_flight' and idempotency_keys.locked_until < now()
            and idempotency_keys.fingerprint = excluded.fingerprint)
     returning key`,
    [
      request.tenantId,
      request.key,
      request.operation,
      request.fingerprint,
      lockedUntil,
      new Date(Date.now() + request.keepMs),
    ],
  )
  const { tenantId, key } = request
  if (taken.length > 0) return { outcome: 'claimed', claim: { tenantId, key, lockedUntil } }
  return whatBecame(em, request)
}

/** Tells why the key could not be taken; runs in the transaction of the claim. */
async function whatBecame(em: EntityManager, request: IdempotencyRequest): Promise<ClaimResult> {
  const [row] = await em.execute<KeyRow[]>(
    `select fingerprint, status, response_status, response_body, response_headers
     from idempotency_keys where tenant_id = ? and key = ?`,
    [request.tenantId, request.key],
  )
  // Released between the two statements: the caller may try again, as for one in flight.
  if (row === undefined) return { outcome: 'in_flight' }
  if (row.fingerprint !== request.fingerprint) return { outcome: 'reused' }
  if (row.status === 'in_flight' || row.response_status === null) return { outcome: 'in_flight' }
  const { response_status: status, response_body: body, response_headers: headers } = row
  return { outcome: 'replay', response: { status, body, headers: headers ?? {} } }
}

/** Keeps the answer for repetitions. False when the claim was taken over meanwhile. */
export async function completeIdempotencyKey(
  em: EntityManager,
  claim: IdempotencyClaim,
  response: StoredResponse,
): Promise<boolean> {
  const kept = await em.execute(
    `update idempotency_keys
     set status = 'done', response_status = ?, response_body = ?::jsonb, response_headers = ?::jsonb
     where tenant_id = ? and key = ? and status = 'in_flight' and locked_until = ?
     returning key`,
    [
      response.status,
      JSON.stringify(response.body ?? null),
      JSON.stringify(response.headers),
      claim.tenantId,
      claim.key,
      claim.lockedUntil,
    ],
  )
  return kept.length > 0
}

/** Gives the key back after a failure that left nothing behind, so that a repetition may work. */
export async function releaseIdempotencyKey(
  em: EntityManager,
  claim: IdempotencyClaim,
): Promise<void> {
  await em.execute(
    `delete from idempotency_keys
     where tenant_id = ? and key = ? and status = 'in_flight' and locked_until = ?`,
    [claim.tenantId, claim.key, claim.lockedUntil],
  )
}

/** For `asSystem`. Returns how many went. */
export async function deleteExpiredIdempotencyKeys(
  em: EntityManager,
  limit: number,
): Promise<number> {
  const gone = await em.execute(
    `delete from idempotency_keys
     where (tenant_id, key) in (
       select tenant_id, key from idempotency_keys where expires_at < now() limit ?)
     returning key`,
    [limit],
  )
  return gone.length
}
