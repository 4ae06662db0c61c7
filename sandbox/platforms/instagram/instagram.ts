import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { type Before, endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { builtInClient } from '../../oauth/clients.ts'
import { forgetMedia, openContainers } from '../meta/containers.ts'
import { ACTION_BLOCKED, graphError, noObject, unknownPath } from '../meta/errors.ts'
import type { InstagramHandler } from '../meta/instagram-call.ts'
import { type InstagramAt, instagramRoutes, instagramUploads } from '../meta/instagram-routes.ts'
import { UNSUPPORTED_VIDEO } from '../meta/media-check.ts'
import { accountType, appScopedId, nextInstagramId } from '../meta/professional.ts'
import { type Accent, speakGraph } from '../meta/speak.ts'
import { openMetaStore, registerApp } from '../meta/store.ts'
import { expireAccount, identify, revokeAccount } from '../meta/tokens.ts'
import {
  answerLogin,
  badCode,
  exchangeCode,
  exchangeToken,
  type LoginFamily,
  refreshToken,
  showLogin,
} from '../meta/user-login.ts'
import { versioned } from '../meta/versions.ts'
import type { StandIn } from '../stand-in.ts'
import { openCall } from './call.ts'
import { visitPost, visitProfile } from './permalinks.ts'
import { showAccount, showMe } from './profile.ts'

/** https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login */
const SCOPES = new Set([
  'instagram_business_basic',
  'instagram_business_content_publish',
  'instagram_business_manage_comments',
  'instagram_business_manage_insights',
  'instagram_business_manage_messages',
])

/** Versions that exist; old ones answer as the oldest that is alive. */
const isVersion = (version: string): boolean => /^v(1\d|2[0-6])\.0$/.test(version)

/** Instagram API with Instagram Login; accounts behind Pages are reached through Facebook. */
export function makeInstagram(state: SandboxState): StandIn {
  const store = openMetaStore(state, 'instagram')
  const containers = openContainers(state, 'instagram')
  const family: LoginFamily = {
    store,
    rules: { title: 'Instagram', scopes: SCOPES, basicScope: 'instagram_business_basic' },
    exchangeGrant: 'ig_exchange_token',
    refreshGrant: 'ig_refresh_token',
    codeAnswer: (token, row, grant) => {
      const account = state.accounts.byId('instagram', row.account_id)
      const userId = account === undefined ? row.account_id : appScopedId(account)
      const permissions = JSON.stringify(grant.granted)
      return `{"access_token":"${token}","user_id":${userId},"permissions":${permissions}}`
    },
  }
  return {
    platform: 'instagram',
    title: 'Instagram',
    mounts: ['/instagram'],
    router: routes(family),
    normalizeHandle: (handle) =>
      /^[A-Za-z0-9._]{1,30}$/.test(handle) ? handle.toLowerCase() : undefined,
    newAccountId: () => nextInstagramId(state),
    credentials: (account) => ({
      username: account.handle,
      account_type: accountType(account),
      ...builtInClient('instagram'),
    }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => forgetMedia(containers),
    registerApp: (redirectUris) => registerApp(store, redirectUris),
  }
}

function routes(family: LoginFamily): Router {
  const { store } = family
  const voice: Voice = {
    platform: 'instagram',
    identify: (req) => identify(store, req),
    speak: (fault, req) => speakGraph(ACCENT(store), fault, req),
  }
  const at = (step: Step, handle: (req: ApiRequest) => Answer) =>
    endpoint(store.state, voice, step, handle)
  const containers = openContainers(store.state, 'instagram')
  const asInstagram: InstagramAt = (step: Step, handle: InstagramHandler, before?: Before) =>
    endpoint(store.state, voice, step, (req) => handle(openCall(store, containers, req)), before)
  const api = Router({ mergeParams: true })
    .get(
      '/access_token',
      at('token', (req) => exchangeToken(family, req)),
    )
    .get(
      '/refresh_access_token',
      at('token', (req) => refreshToken(family, req)),
    )
    .get('/debug_token', at('other', debugToken))
    .get(
      '/me',
      at('profile', (req) => showMe(store, req)),
    )
    .use(instagramRoutes(containers, asInstagram))
    .get(
      '/:id',
      at('profile', (req) => showAccount(store, req)),
    )
    .delete(
      '/me/permissions',
      at('revoke', (req) => graphError(noObject('DELETE', req.path))),
    )
    // This login deletes comments only.
    .delete(
      '/:id',
      at('delete', (req) => graphError(noObject('DELETE', req.params.id ?? ''))),
    )
    .all(
      '/*rest',
      at('other', (req) => graphError(unknownPath(req.path))),
    )
  return Router()
    .get(
      '/oauth/authorize',
      at('authorize', (req) => showLogin(family, req)),
    )
    .post(
      '/_consent',
      at('authorize', (req) => answerLogin(family, req)),
    )
    .post(
      '/oauth/access_token',
      at('token', (req) => exchangeCode(family, req)),
    )
    .get(['/p/:code', '/reel/:code'], visitPost(containers))
    .get('/stories/:handle/:id', visitProfile)
    .use(instagramUploads(containers, asInstagram))
    .use(versioned(store.state, voice, { api, supports: isVersion }))
}

const ACCENT = (store: LoginFamily['store']): Accent => ({
  refusedContent: (step) => (step === 'upload' ? UNSUPPORTED_VIDEO : ACTION_BLOCKED),
  refusedGrant: (req: ApiRequest) => (req.path === '/oauth/access_token' ? badCode() : undefined),
  useCase: (req: ApiRequest) => {
    const accountId = identify(store, req)
    return accountId === undefined ? undefined : { type: 'instagram' as const, accountId }
  },
})

/** Tokens of Instagram Login cannot be inspected. */
function debugToken(): Answer {
  const message = '(#2) Service temporarily unavailable'
  return graphError({ message, code: 2, isTransient: true, status: 500 })
}
