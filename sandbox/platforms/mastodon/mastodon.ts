import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type StandIn, visit } from '../stand-in.ts'
import { identify } from './access.ts'
import { showAccount, verifyCredentials } from './accounts.ts'
import { addApp, OUT_OF_BAND, registerApp } from './apps.ts'
import { createStatus } from './create-status.ts'
import { apiError, speakMastodon } from './errors.ts'
import { showInstance, showInstanceV1 } from './instance.ts'
import { deleteMedia, inspectFile, showMedia, updateMedia, uploadMedia } from './media.ts'
import { addToken, answerConsent, describeOauth, revoke, showConsent, token } from './oauth.ts'
import { deleteStatus, listStatuses, showSource, showStatus, showStatuses } from './statuses.ts'
import { type MastodonApp, type MastodonStore, openMastodonStore } from './store.ts'
import { showContext } from './thread.ts'

const OWN_APP = 'Sandbox access token'

/** One Mastodon instance, 4.5. An instance is an origin, hence `/`. */
export function makeMastodon(state: SandboxState): StandIn {
  const store = openMastodonStore(state)
  return {
    platform: 'mastodon',
    title: 'Mastodon',
    mounts: ['/mastodon', '/'],
    router: routes(store),
    normalizeHandle: (handle) => (/^[a-z0-9_]{1,30}$/i.test(handle) ? handle : undefined),
    newAccountId: (nowMs) => store.ids.next(nowMs),
    credentials: (account, origin) => ({
      instance_url: origin,
      access_token: usableToken(store, account.account_id),
    }),
    revoke: (accountId) => endTokens(store, accountId, 'revoked'),
    expire: (accountId) => endTokens(store, accountId, 'expired'),
    forgetPosts: () => {
      store.statuses.clear()
      store.byAccount.clear()
      store.idempotency.clear()
    },
  }
}

/** What has ended stays ended for its first reason. */
function endTokens(store: MastodonStore, accountId: string, ended: 'revoked' | 'expired'): void {
  for (const row of store.tokens.values()) {
    if (row.account_id === accountId) row.ended ??= ended
  }
}

/** A token such as a user copies from Preferences → Development. */
function usableToken(store: MastodonStore, accountId: string): string {
  const app = ownApp(store)
  const usable = [...store.tokens.values()].find(
    (row) => row.ended === null && row.account_id === accountId && row.client_id === app.client_id,
  )
  if (usable !== undefined) return usable.token
  const grant = { app, accountId, scopes: app.scopes }
  return addToken(store, grant, store.state.now().getTime()).token
}

/** The app that the tokens of `GET /_sandbox/accounts` belong to. */
function ownApp(store: MastodonStore): MastodonApp {
  const existing = [...store.apps.values()].find((app) => app.name === OWN_APP)
  if (existing !== undefined) return existing
  const scopes = ['profile', 'read', 'write']
  return addApp(store, { name: OWN_APP, website: null, redirect_uris: [OUT_OF_BAND], scopes })
}

function routes(store: MastodonStore): Router {
  const voice: Voice = {
    platform: 'mastodon',
    identify: (req) => identify(store, req),
    speak: speakMastodon,
  }
  const at = (
    step: Step,
    handle: (store: MastodonStore, req: ApiRequest) => Answer,
    before?: (store: MastodonStore, req: ApiRequest) => Promise<void>,
  ) =>
    endpoint(
      store.state,
      voice,
      step,
      (req) => handle(store, req),
      async (req) => before?.(store, req),
    )
  return Router()
    .post('/api/v1/apps', at('register', registerApp))
    .get('/.well-known/oauth-authorization-server', at('other', describeOauth))
    .get('/oauth/authorize', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/oauth/token', at('token', token))
    .post('/oauth/revoke', at('revoke', revoke))
    .get('/api/v1/accounts/verify_credentials', at('profile', verifyCredentials))
    .get('/api/v1/instance', at('other', showInstanceV1))
    .get('/api/v2/instance', at('other', showInstance))
    .post('/api/v2/media', at('upload', uploadMedia, inspectFile))
    .get('/api/v1/media/:id', at('status', showMedia))
    .put('/api/v1/media/:id', at('upload', updateMedia))
    .delete('/api/v1/media/:id', at('other', deleteMedia))
    .post('/api/v1/statuses', at('publish', createStatus))
    .get('/api/v1/statuses', at('lookup', showStatuses))
    .get('/api/v1/statuses/:id/context', at('lookup', showContext))
    .get('/api/v1/statuses/:id', at('lookup', showStatus))
    .get('/api/v1/statuses/:id/source', at('lookup', showSource))
    .delete('/api/v1/statuses/:id', at('delete', deleteStatus))
    .get('/api/v1/accounts/:id/statuses', at('lookup', listStatuses))
    .get('/api/v1/accounts/:id', at('profile', showAccount))
    .get(['/@:handle', '/@:handle/:id'], visit('mastodon', 'handle'))
    .all(
      '/api/*rest',
      at('other', () => apiError(404)),
    )
}
