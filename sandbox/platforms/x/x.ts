import { Router } from 'express'
import type { Account } from '../../core/accounts.ts'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import { textField } from '../../http/body.ts'
import { endpoint, type Handler, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'
import { type StandIn, visit } from '../stand-in.ts'
import { createTweet } from './create-tweet.ts'
import { deleteTweet } from './delete-tweet.ts'
import { problem, speakX } from './errors.ts'
import { beforeCommand, setMetadata, showStatus, uploadByCommand } from './media-status.ts'
import { answerConsent, revoke, showConsent, token } from './oauth.ts'
import {
  accessToken,
  answerConsent1,
  invalidateToken,
  requestToken,
  showConsent1,
  standingToken,
} from './oauth1.ts'
import { showMe } from './profile.ts'
import { openXStore, type XStore } from './store.ts'
import { listTweets, lookUpTweets, showTweet } from './timeline.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'
import { append, assemble, finalize, initialize } from './upload-chunks.ts'

/** The consumer key of OAuth 1.0a that every test knows. */
const BUILT_IN_KEY = { api_key: 'sandbox-x-api-key', api_secret: 'sbx_secret_x_api_secret' }

/** X API v2 with OAuth 2.0 and PKCE, and OAuth 1.0a. */
export function makeX(state: SandboxState): StandIn {
  const store = openXStore(state)
  const name = 'Sandbox app'
  addApp(store, { ...builtInClient('x'), name, redirect_uris: null })
  const key = { ...BUILT_IN_KEY, name }
  store.keys.set(key.api_key, key)
  state.secrets.record(key.api_secret)
  return {
    platform: 'x',
    title: 'X',
    mounts: ['/x'],
    router: routes(store),
    normalizeHandle: (handle) => (/^[A-Za-z0-9_]{1,15}$/.test(handle) ? handle : undefined),
    newAccountId: (nowMs) => store.ids.next(nowMs),
    credentials: (account) => credentials(store, account),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => {
      store.tweets.clear()
      store.byAuthor.clear()
    },
    registerApp: (redirectUris) =>
      addApp(store, { ...newClient(store, 'x'), name, redirect_uris: [...redirectUris] }),
  }
}

/** The client of OAuth 2.0, and of OAuth 1.0a the key with a token that works. */
function credentials(store: XStore, account: Account): Record<string, string> {
  const { token, secret } = standingToken(store, account, BUILT_IN_KEY.api_key)
  return {
    username: account.handle,
    ...builtInClient('x'),
    ...BUILT_IN_KEY,
    access_token: token,
    access_token_secret: secret,
  }
}

function routes(store: XStore): Router {
  const voice: Voice = {
    platform: 'x',
    identify: (req) => identify(store, req, (name) => textField(req.body, name) ?? ''),
    speak: speakX,
  }
  const at = (
    step: Step,
    handle: (store: XStore, req: ApiRequest) => ReturnType<Handler>,
    before?: (store: XStore, req: ApiRequest) => Promise<void>,
  ) =>
    endpoint(
      store.state,
      voice,
      step,
      (req) => handle(store, req),
      async (req) => before?.(store, req),
    )
  return Router()
    .get('/i/oauth2/authorize', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/2/oauth2/token', at('token', token))
    .post('/2/oauth2/revoke', at('revoke', revoke))
    .post('/oauth/request_token', at('authorize', requestToken))
    .get(['/oauth/authorize', '/oauth/authenticate'], at('authorize', showConsent1))
    .post('/_consent1', at('authorize', answerConsent1))
    .post('/oauth/access_token', at('token', accessToken))
    .post(
      ['/1.1/oauth/invalidate_token', '/1.1/oauth/invalidate_token.json'],
      at('revoke', invalidateToken),
    )
    .get('/2/users/me', at('profile', showMe))
    .get('/2/users/:id/tweets', at('lookup', listTweets))
    .post('/2/tweets', at('publish', createTweet))
    .get('/2/tweets', at('lookup', lookUpTweets))
    .get('/2/tweets/:id', at('lookup', showTweet))
    .delete('/2/tweets/:id', at('delete', deleteTweet))
    .post('/2/media/upload', at('upload', uploadByCommand, beforeCommand))
    .get('/2/media/upload', at('status', showStatus))
    .post('/2/media/upload/initialize', at('upload', initialize))
    .post('/2/media/upload/:id/append', at('upload', append))
    .post('/2/media/upload/:id/finalize', at('upload', finalize, assemble))
    .post('/2/media/metadata', at('upload', setMetadata))
    .get('/:handle/status/:id', visit('x', 'handle'))
    .all(
      '/*rest',
      at('other', () => problem(404)),
    )
}
