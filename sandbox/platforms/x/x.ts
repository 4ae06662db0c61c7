import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import { textField } from '../../http/body.ts'
import { endpoint, type Handler, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type StandIn, visit } from '../stand-in.ts'
import { createTweet } from './create-tweet.ts'
import { deleteTweet } from './delete-tweet.ts'
import { problem, speakX } from './errors.ts'
import { answerConsent, revoke, showConsent, token } from './oauth.ts'
import { showMe } from './profile.ts'
import { openXStore, type XApp, type XStore } from './store.ts'
import { listTweets, lookUpTweets, showTweet } from './timeline.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'

export const X_CLIENT_ID = 'sandbox-x-client'
export const X_CLIENT_SECRET = 'sbx_secret_x_client_secret'

/** X API v2 with OAuth 2.0 and PKCE. */
export function makeX(state: SandboxState): StandIn {
  const store = openXStore(state)
  addApp(store, {
    client_id: X_CLIENT_ID,
    client_secret: X_CLIENT_SECRET,
    name: 'Sandbox app',
    redirect_uris: null,
  })
  return {
    platform: 'x',
    title: 'X',
    mounts: ['/x'],
    router: routes(store),
    normalizeHandle: (handle) => (/^[A-Za-z0-9_]{1,15}$/.test(handle) ? handle : undefined),
    newAccountId: (nowMs) => store.ids.next(nowMs),
    credentials: (account) => ({
      username: account.handle,
      client_id: X_CLIENT_ID,
      client_secret: X_CLIENT_SECRET,
    }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => {
      store.tweets.clear()
      store.byAuthor.clear()
    },
    registerApp: (redirectUris) =>
      addApp(store, {
        client_id: `sandbox-x-client-${store.apps.size}`,
        client_secret: state.secrets.issue('x_client'),
        name: 'Sandbox app',
        redirect_uris: [...redirectUris],
      }),
  }
}

function addApp(store: XStore, app: XApp): XApp {
  store.apps.set(app.client_id, app)
  store.state.secrets.record(app.client_secret)
  return app
}

function routes(store: XStore): Router {
  const voice: Voice = {
    platform: 'x',
    identify: (req) => identify(store, req, (name) => textField(req.body, name) ?? ''),
    speak: speakX,
  }
  const at = (step: Step, handle: (store: XStore, req: ApiRequest) => ReturnType<Handler>) =>
    endpoint(store.state, voice, step, (req) => handle(store, req))
  return Router()
    .get('/i/oauth2/authorize', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/2/oauth2/token', at('token', token))
    .post('/2/oauth2/revoke', at('revoke', revoke))
    .get('/2/users/me', at('profile', showMe))
    .get('/2/users/:id/tweets', at('lookup', listTweets))
    .post('/2/tweets', at('publish', createTweet))
    .get('/2/tweets', at('lookup', lookUpTweets))
    .get('/2/tweets/:id', at('lookup', showTweet))
    .delete('/2/tweets/:id', at('delete', deleteTweet))
    .get('/:handle/status/:id', visit('x', 'handle'))
    .all(
      '/*rest',
      at('other', () => problem(404)),
    )
}
