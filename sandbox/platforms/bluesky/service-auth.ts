import { randomUUID } from 'node:crypto'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalidRequest, refusal } from './errors.ts'
import { signJwt } from './jwt.ts'
import { authorize } from './sessions.ts'
import type { BlueskyStore } from './store.ts'

/** https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/api/com/atproto/server/getServiceAuth.ts */
const DEFAULT_LIFETIME_S = 60
const MAX_LIFETIME_S = 3600
const PROTECTED = [
  'com.atproto.server.createAppPassword',
  'com.atproto.server.deleteAccount',
  'com.atproto.server.updateEmail',
]

/**
 * GET com.atproto.server.getServiceAuth: a token by which another service acts for the account. The
 * real one is signed with the key of the repo (ES256K), this one with that of the server.
 */
export function getServiceAuth(store: BlueskyStore, req: ApiRequest): Answer {
  const aud = req.query.get('aud') ?? ''
  const lxm = req.query.get('lxm') ?? undefined
  const did = authorize(store, req, `rpc:${lxm ?? '*'}?aud=${aud}`).account_id
  if (!/^did:[a-z]+:.+/.test(aud)) throw invalidRequest('Error: aud must be a valid did')
  if (lxm !== undefined && PROTECTED.includes(lxm)) {
    throw invalidRequest(
      `cannot request a service auth token for the following protected method: ${lxm}`,
    )
  }
  const iat = Math.floor(req.nowMs / 1000)
  const exp = readExpiry(req, iat, lxm)
  const claims = { iss: did, sub: did, aud, iat, exp, jti: randomUUID(), lxm }
  const token = signJwt('JWT', claims, store.keys.get('jwt') ?? '')
  return { status: 200, body: { token: store.state.secrets.record(token) } }
}

function readExpiry(req: ApiRequest, nowS: number, lxm: string | undefined): number {
  const asked = req.query.get('exp')
  if (asked === null) return nowS + DEFAULT_LIFETIME_S
  const exp = Number(asked)
  if (exp < nowS) throw refusal(400, 'BadExpiration', 'expiration is in past')
  if (exp > nowS + MAX_LIFETIME_S) {
    const message = 'cannot request a token with an expiration more than an hour in the future'
    throw refusal(400, 'BadExpiration', message)
  }
  if (lxm === undefined && exp > nowS + DEFAULT_LIFETIME_S) {
    const message =
      'cannot request a method-less token with an expiration more than a minute in the future'
    throw refusal(400, 'BadExpiration', message)
  }
  return exp
}
