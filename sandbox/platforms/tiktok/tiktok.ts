import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { builtInClient, type Client, newClient } from '../../oauth/clients.ts'
import type { StandIn } from '../stand-in.ts'
import { answerConsent, showConsent } from './consent.ts'
import { apiError, speakTiktok } from './errors.ts'
import { openTiktokStore, type TiktokStore } from './store.ts'
import { revoke, token } from './token-endpoint.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'
import { showUser } from './user-info.ts'

/** TikTok: Login Kit and Display API v2. The account id is the built-in app's `open_id`. */
export function makeTiktok(state: SandboxState): StandIn {
  const store = openTiktokStore(state)
  const client = builtInClient('tiktok')
  addClient(store, client, null)
  return {
    platform: 'tiktok',
    title: 'TikTok',
    mounts: ['/tiktok'],
    router: routes(store),
    normalizeHandle: (handle) =>
      /^[A-Za-z0-9_.]{2,24}$/.test(handle) ? handle.toLowerCase() : undefined,
    // Real ids have dashes, and a client must keep them.
    newAccountId: () =>
      `-000${randomBytes(12).toString('base64url')}-${randomBytes(4).toString('hex')}`,
    credentials: (account) => ({ username: account.handle, ...client }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    // Publishing is not built yet, so there is nothing to forget.
    forgetPosts: () => undefined,
    registerApp: (redirectUris) => {
      const client = newClient(store, 'tiktok')
      addClient(store, client, [...redirectUris])
      return { ...client, client_key: client.client_id, redirect_uris: redirectUris }
    },
  }
}

/** TikTok says `client_key` for the id. */
function addClient(store: TiktokStore, client: Client, redirect_uris: string[] | null): void {
  const { client_id: client_key, client_secret } = client
  store.apps.set(client_key, { client_key, client_secret, name: 'Sandbox app', redirect_uris })
  store.state.secrets.record(client_secret)
}

/** TikTok writes its paths with a slash at the end, and only so. */
function routes(store: TiktokStore): Router {
  const voice: Voice = {
    platform: 'tiktok',
    identify: (req) => identify(store, req),
    speak: speakTiktok,
  }
  const at = (step: Step, handle: (store: TiktokStore, req: ApiRequest) => Answer) =>
    endpoint(store.state, voice, step, (req) => handle(store, req))
  return Router({ strict: true })
    .get('/v2/auth/authorize/', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/v2/oauth/token/', at('token', token))
    .post('/v2/oauth/revoke/', at('revoke', revoke))
    .get('/v2/user/info/', at('profile', showUser))
    .all(
      '/*rest',
      at('other', (_store, req) => apiError(req, 404)),
    )
}
