import type { Deps } from '../deps.ts'
import { appendAudit, PUBLIC_KEY } from './audit.ts'
import { hashApiKey } from './authenticate.ts'
import type { RequestState } from './request-state.ts'

/** Of the key itself; it is what a key is shown and recognised by. */
const PREFIX_LENGTH = 12

/** What a refused key resembles. */
interface Resembled {
  id: string
  tenantId: string
  userId: string
  isSame: boolean
  isRevoked: boolean
}

/**
 * A key that was revoked, has expired, or begins as one of a tenant's: worth a row in that tenant's
 * log. Any other names no tenant. Call it after the address was counted: it bounds the writes.
 */
export async function auditRefusedKey(
  deps: Deps,
  header: string | undefined,
  state: Pick<RequestState, 'requestId' | 'ip'>,
): Promise<void> {
  const key = /^Bearer +(clr_\S{12,200})$/i.exec(header ?? '')?.[1]
  if (key === undefined) return
  const found = await resembled(deps, key)
  if (found === undefined) return
  const { id, tenantId, userId, isSame, isRevoked } = found
  const reason = isSame ? (isRevoked ? 'revoked' : 'ended') : 'wrong'
  const entry = { action: 'api_key.refused', resource: 'api_key', resourceId: id }
  // Who holds only the beginning of a key is not its user.
  const actor = { tenantId, userId, keyId: isSame ? id : PUBLIC_KEY, scopes: [] }
  await deps.db.withTenant(tenantId, (em) =>
    appendAudit(em, actor, state, { ...entry, detail: { reason } }),
  )
}

async function resembled({ db }: Deps, key: string): Promise<Resembled | undefined> {
  const hash = hashApiKey(key)
  const [row] = await db.asSystem((em) =>
    em.execute<Resembled[]>(
      `select id, tenant_id as "tenantId", user_id as "userId", key_hash = ? as "isSame",
         revoked_at is not null as "isRevoked"
       from api_keys where prefix = ? or key_hash = ?
       order by key_hash = ? desc limit 1`,
      [hash, key.slice(0, PREFIX_LENGTH), hash, hash],
    ),
  )
  return row
}
