import { createHash } from 'node:crypto'
import { findLiveApiKey, touchApiKey } from '../../db/repositories/api-keys.ts'
import { problem } from '../../domain/errors.ts'
import type { Access } from '../contract/operation.ts'
import type { Actor, Deps } from '../deps.ts'
import { allows, effectiveScopes } from '../policies/scopes.ts'

/** `clr_` and 32 random bytes in base64url; only its SHA-256 is stored. */
const KEY = /^clr_[A-Za-z0-9_-]{20,100}$/

/**
 * Plain SHA-256 is enough for 32 random bytes: there is no dictionary to try, and it allows an
 * index.
 */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** The caller behind `Authorization: Bearer clr_…`; throws `unauthenticated`. */
export async function authenticate(deps: Deps, header: string | undefined): Promise<Actor> {
  const key = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
  // Malformed keys cost no query; the answer is the same as for unknown ones.
  if (key === undefined || !KEY.test(key)) throw problem('unauthenticated')
  // The tenant is what the key tells, so the search cannot run inside one.
  const found = await deps.db.asSystem(async (em) => {
    const live = await findLiveApiKey(em, hashApiKey(key))
    if (live !== undefined) await touchApiKey(em, live.id)
    return live
  })
  if (found === undefined) throw problem('unauthenticated')
  return {
    tenantId: found.tenantId,
    userId: found.userId,
    keyId: found.id,
    scopes: effectiveScopes(found.scopes, found.role),
  }
}

/** Throws `insufficient_scope` that names the scope which is missing. */
export function assertAllowed(actor: Actor, access: Access): void {
  if (access === 'public' || access === 'authenticated') return
  if (allows(actor.scopes, access)) return
  throw problem('insufficient_scope', { detail: `This needs a key with the scope ${access}.` })
}
