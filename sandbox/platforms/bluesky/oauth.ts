import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { Answer } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import { endpoint, type Handler, type Voice } from '../../http/endpoint.ts'
import { type ApiRequest, readRequest } from '../../http/request.ts'
import { nextNonce } from './dpop.ts'
import { loadClient } from './oauth-client.ts'
import { DpopFailure } from './oauth-errors.ts'
import { describeIssuer, describeResource } from './oauth-metadata.ts'
import { answerConsent, pushRequest, showConsent } from './oauth-request.ts'
import { revokeToken, token } from './oauth-token.ts'
import type { BlueskyStore } from './store.ts'

/** The authorization server of the PDS, beside the Mastodon instance at the same origin. */
export function oauthRoutes(store: BlueskyStore, voice: Voice): Router {
  const at = (step: Step, handle: Handler) => endpoint(store.state, voice, step, handle)
  const page = (handle: (store: BlueskyStore, req: ApiRequest) => Answer): RequestHandler =>
    at('authorize', (req) => handle(store, req))
  const back = (step: Step, handle: (store: BlueskyStore, req: ApiRequest) => Answer) =>
    at(step, (req) => backChannel(store, req, handle))
  const load = loadClient(store, { fresh: false })
  return Router()
    .get('/.well-known/oauth-protected-resource', at('other', describeResource))
    .get('/.well-known/oauth-authorization-server', at('other', describeIssuer))
    .post('/oauth/par', loadClient(store, { fresh: true }), back('authorize', pushRequest))
    .get('/oauth/authorize', ownOnly, load, page(showConsent))
    .post('/_consent', page(answerConsent))
    .post('/oauth/token', ownOnly, load, back('token', token))
    .post('/oauth/revoke', ownOnly, load, back('revoke', revokeToken))
}

/** Every answer brings a nonce and must not be kept: RFC 9449 §8.2, RFC 6749 §5.1. */
function backChannel(
  store: BlueskyStore,
  req: ApiRequest,
  handle: (store: BlueskyStore, req: ApiRequest) => Answer,
): Answer {
  req.replyHeaders['dpop-nonce'] = nextNonce(store, req.nowMs)
  req.replyHeaders['cache-control'] = 'no-store'
  try {
    return handle(store, req)
  } catch (error) {
    if (error instanceof DpopFailure) throw error.asOauth()
    throw error
  }
}

/** At `/` these paths are Mastodon's too; what only an atproto client sends tells them apart. */
const ownOnly: RequestHandler = async (expressReq, _res, next) => {
  const req = readRequest(expressReq, 0)
  const clientId = textField(req.body, 'client_id') ?? req.query.get('client_id') ?? ''
  const isOwn =
    req.mount !== '' ||
    req.header('dpop') !== undefined ||
    req.query.has('request_uri') ||
    /^https?:/.test(clientId)
  next(isOwn ? undefined : 'route')
}
