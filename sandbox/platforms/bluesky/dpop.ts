import { createHash, createHmac } from 'node:crypto'
import type { ApiRequest } from '../../http/request.ts'
import { isSignedBy, type Jws, publicJwk, readJws, thumbprint } from './jose.ts'
import { DpopFailure } from './oauth-errors.ts'
import type { BlueskyStore } from './store.ts'

/** https://atproto.com/specs/oauth#dpop ; the PDS turns its nonces over three times in 3 minutes. */
const NONCE_LIFETIME_MS = 3 * 60_000
const ROTATION_MS = NONCE_LIFETIME_MS / 3
const MAX_PROOF_AGE_S = 10
const CLOCK_TOLERANCE_S = NONCE_LIFETIME_MS / 1000

/** The nonce to hand out now: already the next one, so that it lives at least two turns. */
export function nextNonce(store: BlueskyStore, nowMs: number): string {
  return nonceAt(store, Math.floor(nowMs / ROTATION_MS) + 1)
}

/**
 * Checks the proof of a request (RFC 9449 §4.3) and returns the thumbprint of its key; undefined
 * when there is none. With an access token the proof must carry its hash.
 */
export function checkProof(
  store: BlueskyStore,
  req: ApiRequest,
  accessToken?: string,
): string | undefined {
  const proof = req.header('dpop')
  if (proof === undefined) return undefined
  const jws = readJws(proof)
  const jwk = publicJwk.safeParse(jws?.header.jwk).data
  if (jws === undefined || jwk === undefined || jws.header.typ !== 'dpop+jwt') {
    throw badProof('Failed to verify DPoP proof')
  }
  if (!isSignedBy(jws, jwk)) throw badProof('Failed to verify DPoP proof: signature')
  assertFresh(jws, req.nowMs)
  assertTarget(jws, req)
  assertNonce(store, jws, req.nowMs)
  assertAth(jws, accessToken)
  if (!isFirstUse(store, `dpop ${String(jws.claims.jti)}`, req.nowMs, NONCE_LIFETIME_MS)) {
    throw badProof('DPoP proof replayed')
  }
  return thumbprint(jwk)
}

/** Whether something that may be used once was not used within its time. */
export function isFirstUse(
  store: BlueskyStore,
  key: string,
  nowMs: number,
  lifetimeMs: number,
): boolean {
  const { replays } = store
  if ((replays.get(key) ?? 0) > nowMs) return false
  // Swept rarely, so that a busy benchmark does not pay for it on each request.
  if (replays.size > 10_000) {
    for (const [old, endsMs] of replays) if (endsMs <= nowMs) replays.delete(old)
  }
  replays.set(key, nowMs + lifetimeMs * 1.1)
  return true
}

function assertFresh({ claims }: Jws, nowMs: number): void {
  const { iat, exp } = claims
  const nowS = Math.floor(nowMs / 1000)
  if (typeof iat !== 'number') throw badProof('Failed to verify DPoP proof: missing "iat"')
  const age = nowS - iat
  const isExpired = typeof exp === 'number' && exp <= nowS - CLOCK_TOLERANCE_S
  if (isExpired || age > MAX_PROOF_AGE_S + CLOCK_TOLERANCE_S || age < -CLOCK_TOLERANCE_S) {
    throw badProof('Failed to verify DPoP proof: "iat" claim timestamp check failed')
  }
}

/** `htu` is the address without query and fragment. */
function assertTarget({ claims }: Jws, req: ApiRequest): void {
  const { jti, htm, htu } = claims
  if (typeof jti !== 'string' || jti === '') throw badProof('DPoP "jti" missing')
  if (htm !== req.method) throw badProof('DPoP "htm" mismatch')
  if (typeof htu !== 'string' || !URL.canParse(htu)) throw badProof('Invalid DPoP "htu" type')
  if (bare(htu) !== bare(`${req.origin}${req.mount}${req.path}`)) {
    throw badProof('DPoP "htu" mismatch')
  }
}

function assertNonce(store: BlueskyStore, { claims }: Jws, nowMs: number): void {
  const { nonce } = claims
  if (nonce === undefined || nonce === '') {
    const words = 'Authorization server requires nonce in DPoP proof'
    throw new DpopFailure('use_dpop_nonce', words)
  }
  const turn = Math.floor(nowMs / ROTATION_MS)
  const valid = [turn - 1, turn, turn + 1].map((one) => nonceAt(store, one))
  if (typeof nonce === 'string' && valid.includes(nonce)) return
  throw new DpopFailure('use_dpop_nonce', 'DPoP "nonce" mismatch')
}

function assertAth({ claims }: Jws, accessToken: string | undefined): void {
  if (accessToken === undefined) {
    if (claims.ath !== undefined) throw badProof('DPoP "ath" claim not allowed')
    return
  }
  const hash = createHash('sha256').update(accessToken).digest('base64url')
  if (claims.ath !== hash) throw badProof('DPoP "ath" mismatch')
}

function nonceAt(store: BlueskyStore, turn: number): string {
  const key = store.keys.get('jwt') ?? ''
  return createHmac('sha256', key).update(`nonce ${turn}`).digest('base64url')
}

function bare(address: string): string {
  const { origin, pathname } = new URL(address)
  return origin + pathname
}

function badProof(description: string): DpopFailure {
  return new DpopFailure('invalid_dpop_proof', description)
}
