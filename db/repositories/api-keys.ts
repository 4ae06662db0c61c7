import type { EntityManager } from '@mikro-orm/postgresql'
import { ApiKey } from '../entities/api-key.ts'
import type { Role } from '../entities/membership.ts'

/** Who a presented key stands for. */
export interface ApiKeyIdentity {
  id: string
  tenantId: string
  userId: string
  name: string
  role: Role
  scopes: string[]
}

/** A key to be stored; the key itself stays with whoever made it. */
export interface NewApiKey {
  tenantId: string
  userId: string
  name: string
  prefix: string
  keyHash: string
  scopes: string[]
  expiresAt?: Date
}

/** Of a key that is neither revoked nor expired. `em` is `asSystem`'s: no tenant is known yet. */
export async function findLiveApiKey(
  em: EntityManager,
  keyHash: string,
): Promise<ApiKeyIdentity | undefined> {
  const [identity] = await em.execute<ApiKeyIdentity[]>(
    `select k.id, k.tenant_id as "tenantId", k.user_id as "userId", k.name, m.role, k.scopes
     from api_keys k
     join memberships m on m.tenant_id = k.tenant_id and m.user_id = k.user_id
     where k.key_hash = ?
       and k.revoked_at is null
       and (k.expires_at is null or k.expires_at > now())`,
    [keyHash],
  )
  return identity
}

/** Notes the use of a key, at most once a minute: a write per request would be one too many. */
export async function touchApiKey(em: EntityManager, id: string): Promise<void> {
  await em.execute(
    `update api_keys set last_used_at = now()
     where id = ? and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
    [id],
  )
}

/** Stores a key by its hash; `prefix` is what people recognise it by. */
export async function createApiKey(em: EntityManager, key: NewApiKey): Promise<ApiKey> {
  const created = em.create(ApiKey, key)
  await em.persist(created).flush()
  return created
}

/** True when this call revoked it. */
export async function revokeApiKey(em: EntityManager, id: string): Promise<boolean> {
  const revoked = await em.execute(
    'update api_keys set revoked_at = now() where id = ? and revoked_at is null returning id',
    [id],
  )
  return revoked.length > 0
}
