import { json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { checkProof, nextNonce } from './dpop.ts'
import { verifyJwt } from './jwt.ts'
import { DpopFailure } from './oauth-errors.ts'
import { sessionOfAccess } from './oauth-sessions.ts'
import type { BlueskyStore, OauthSession } from './store.ts'

/** What an XRPC method needs of an OAuth token, as https://atproto.com/specs/permission names it. */
export type Permission = `repo:${string}` | `blob:${string}` | `rpc:${string}`

export function isDpop(req: ApiRequest): boolean {
  return /^DPoP /i.test(req.header('authorization') ?? '')
}

/** The session behind `Authorization: DPoP …` and its proof; refuses 401 or 403. */
export function authorizeDpop(
  store: BlueskyStore,
  req: ApiRequest,
  permission: Permission | undefined,
): OauthSession {
  req.replyHeaders['dpop-nonce'] = nextNonce(store, req.nowMs)
  const session = provenSession(store, req)
  if (permission === undefined || permits(session.scopes, permission)) return session
  const message = `Missing required scope "${permission}"`
  throw new Refusal(json(403, { error: 'ScopeMissingError', message }))
}

function provenSession(store: BlueskyStore, req: ApiRequest): OauthSession {
  try {
    const token = (req.header('authorization') ?? '').slice('DPoP '.length).trim()
    const jkt = checkProof(store, req, token)
    const verified = verifyJwt(token, store.keys.get('jwt') ?? '')
    if (verified === 'malformed') throw invalid('Malformed token')
    if (verified === 'forged') throw invalid('Invalid token')
    if (jkt === undefined) throw new DpopFailure('invalid_dpop_proof', 'DPoP proof required')
    const session = sessionOfAccess(store, token)
    if (session === undefined) throw invalid('Invalid token')
    if (session.jkt !== jkt) throw invalid('Invalid DPoP key binding')
    if (session.expires_at_ms <= req.nowMs) throw invalid('Token expired')
    return session
  } catch (error) {
    if (error instanceof DpopFailure) throw error.asXrpc()
    throw error
  }
}

/** `transition:generic` stands for what an app password may do. */
function permits(scopes: readonly string[], permission: Permission): boolean {
  if (scopes.includes('transition:generic')) return true
  const [resource = '', rest = ''] = permission.split(/:(.*)/s)
  const [subject = ''] = rest.split('?')
  const wide = [`${resource}:*`, `${resource}:*/*`, `${resource}:${subject}`, permission]
  return wide.some((one) => scopes.includes(one))
}

function invalid(description: string): DpopFailure {
  return new DpopFailure('invalid_token', description)
}
