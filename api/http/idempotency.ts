import { createHash } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import {
  claimIdempotencyKey,
  completeIdempotencyKey,
  type IdempotencyClaim,
  releaseIdempotencyKey,
  type StoredResponse,
} from '../../db/repositories/idempotency.ts'
import { problem } from '../../domain/errors.ts'
import type { Deps } from '../deps.ts'

/** Printable ASCII without spaces: anything else is a sign of a garbled header. */
const KEY = /^[\x21-\x7e]{1,255}$/
/** Longer than any request may take, so that a live request never loses its key to a repeat. */
const LEASE_MS = 60_000
/** A day of repeats, as the OpenAPI document promises to clients. */
const KEEP_MS = 24 * 3_600_000

export type StoredAnswer = StoredResponse

/** One request's hold on its Idempotency-Key. */
export interface Ticket {
  key: string
  complete(em: EntityManager, answer: StoredAnswer): Promise<void>
  /** No answer to keep: the next request with this key runs again. */
  release(): Promise<void>
}

/** What a key stands for: the same key with any other of these is a mistake of the client. */
export interface Operated {
  tenantId: string
  operation: string
  path: string
  body: unknown
  /** Default 60 s: longer than any request may take that does not say otherwise. */
  leaseMs?: number
}

/** Throws `invalid_header` unless the key is 1 to 255 printable ASCII characters. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || KEY.test(header)) return header
  throw problem('invalid_header', {
    detail: 'Idempotency-Key must be 1 to 255 printable characters without spaces.',
  })
}

/**
 * Takes the key for this request, or answers what the first request with it was answered. Throws
 * `idempotency_key_reused` for another request, `idempotency_in_flight` while the first one runs.
 */
export async function begin(
  deps: Deps,
  key: string,
  operated: Operated,
): Promise<{ ticket: Ticket } | { replay: StoredAnswer }> {
  const { tenantId } = operated
  const request = {
    tenantId,
    key,
    operation: operated.operation,
    fingerprint: fingerprint(operated),
    lockMs: operated.leaseMs ?? LEASE_MS,
    keepMs: KEEP_MS,
  }
  // Committed before the work begins: only then does it keep a concurrent repeat out.
  const result = await deps.db.withTenant(tenantId, (em) => claimIdempotencyKey(em, request))
  switch (result.outcome) {
    case 'replay':
      return { replay: result.response }
    case 'reused':
      throw problem('idempotency_key_reused')
    case 'in_flight':
      throw problem('idempotency_in_flight', { retryAfterSeconds: 1 })
    case 'claimed':
      return { ticket: makeTicket(deps, result.claim) }
  }
}

function makeTicket(deps: Deps, claim: IdempotencyClaim): Ticket {
  return {
    key: claim.key,
    complete: async (em, answer) => {
      // Another request holds the key by now: this transaction must not do its work again.
      if (!(await completeIdempotencyKey(em, claim, answer))) throw problem('idempotency_in_flight')
    },
    release: () => deps.db.withTenant(claim.tenantId, (em) => releaseIdempotencyKey(em, claim)),
  }
}

/** SHA-256 in hex; the body itself is not stored with the key. */
function fingerprint({ operation, path, body }: Operated): string {
  const text = `${operation}\n${path}\n${canonical(body ?? null)}`
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with sorted keys: the same request is the same text, however a client orders its fields. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}
