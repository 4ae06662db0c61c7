import { json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { verifyJwt } from './jwt.ts'
import { type BlueskyStore, SERVICE_DID } from './store.ts'

/** Who asked for a token, when it is for this service and this method; else 401. */
export function authorizeService(
  store: BlueskyStore,
  req: ApiRequest,
  need: { audience: readonly string[]; method: string },
): string {
  const token = bearerToken(req.header('authorization')) ?? ''
  const verified = verifyJwt(token, store.keys.get('jwt') ?? '')
  if (typeof verified === 'string') throw unauthorized('Invalid token')
  const { claims } = verified
  if (claims.exp * 1000 <= req.nowMs) throw unauthorized('Token has expired')
  if (claims.iss === undefined || !need.audience.includes(claims.aud)) {
    throw unauthorized('Invalid audience')
  }
  if (claims.lxm !== need.method) throw unauthorized('Invalid lexicon method')
  return claims.iss
}

/** DIDs that mean this PDS: the one it describes itself by, and the did:web of its host. */
export function pdsAudience(origin: string): string[] {
  const { host } = new URL(origin)
  return [SERVICE_DID, `did:web:${host.replace(':', '%3A')}`, `did:web:${host}`]
}

function unauthorized(message: string): Refusal {
  return new Refusal(json(401, { error: 'unauthorized', message }))
}
