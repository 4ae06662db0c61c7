import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { type Before, endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { builtInClient } from '../../oauth/clients.ts'
import { forgetMedia, openContainers } from '../meta/containers.ts'
import { ACTION_BLOCKED, graphError, unknownPath } from '../meta/errors.ts'
import { nextId } from '../meta/professional.ts'
import { type Accent, speakGraph } from '../meta/speak.ts'
import { type MetaStore, openMetaStore, registerApp } from '../meta/store.ts'
import { expireAccount, identify, revokeAccount } from '../meta/tokens.ts'
import {
  answerLogin,
  badCode,
  exchangeToken,
  type LoginFamily,
  refreshToken,
  showLogin,
} from '../meta/user-login.ts'
import { versioned } from '../meta/versions.ts'
import { type StandIn, visit } from '../stand-in.ts'
import type { ThreadsHandler } from './call.ts'
import { debugToken } from './debug-token.ts'
import { openCall } from './open-call.ts'
import { postRoutes, type ThreadsAt } from './post-routes.ts'
import { showMe, showProfile } from './profile.ts'
import { appToken, token } from './token.ts'

/** https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions */
const SCOPES = new Set(
  `threads_basic threads_content_publish threads_manage_insights threads_manage_replies
  threads_read_replies threads_manage_mentions threads_delete threads_keyword_search
  threads_location_tagging threads_profile_discovery`.split(/\s+/),
)
/** Beyond 2^53, so that a parser that reads it as a number loses it. */
const FIRST_THREADS_ID = '25014000000000001'

/** Threads API v1.0. */
export function makeThreads(state: SandboxState): StandIn {
  const store = openMetaStore(state, 'threads')
  const family: LoginFamily = {
    store,
    rules: { title: 'Threads', scopes: SCOPES, basicScope: 'threads_basic' },
    exchangeGrant: 'th_exchange_token',
    refreshGrant: 'th_refresh_token',
    codeAnswer: (issued, row) => `{"access_token":"${issued}","user_id":${row.account_id}}`,
  }
  return {
    platform: 'threads',
    title: 'Threads',
    mounts: ['/threads'],
    router: routes(family),
    normalizeHandle: (handle) =>
      /^[A-Za-z0-9._]{1,30}$/.test(handle) ? handle.toLowerCase() : undefined,
    newAccountId: () =>
      nextId(
        state.accounts.list('threads').map((one) => one.account_id),
        FIRST_THREADS_ID,
      ),
    credentials: (account) => ({ username: account.handle, ...builtInClient('threads') }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => forgetMedia(openContainers(state, 'threads')),
    registerApp: (redirectUris) => registerApp(store, redirectUris),
  }
}

function routes(family: LoginFamily): Router {
  const { store } = family
  const voice: Voice = {
    platform: 'threads',
    identify: (req) => identify(store, req),
    speak: (fault, req) => speakGraph(accent(store), fault, req),
  }
  const at = (step: Step, handle: (req: ApiRequest) => Answer) =>
    endpoint(store.state, voice, step, handle)
  const posts = openContainers(store.state, 'threads')
  const asThreads: ThreadsAt = (step: Step, handle: ThreadsHandler, before?: Before) =>
    endpoint(store.state, voice, step, (req) => handle(openCall(store, posts, req)), before)
  const api = Router({ mergeParams: true })
    .get(
      '/oauth/access_token',
      at('token', (req) => appToken(store, req)),
    )
    .post(
      '/oauth/access_token',
      at('token', (req) => token(family, req)),
    )
    .get(
      '/access_token',
      at('token', (req) => exchangeToken(family, req)),
    )
    .get(
      '/refresh_access_token',
      at('token', (req) => refreshToken(family, req)),
    )
    .get(
      '/debug_token',
      at('profile', (req) => debugToken(store, req)),
    )
    .get(
      '/me',
      at('profile', (req) => showMe(store, req)),
    )
    .use(postRoutes(posts, asThreads))
    .get(
      '/:id',
      at('profile', (req) => showProfile(store, req)),
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
    .get('/@:handle/post/:id', visit('threads', 'handle'))
    .use(versioned(store.state, voice, { api, supports: (version) => version === 'v1.0' }))
}

function accent(store: MetaStore): Accent {
  return {
    refusedContent: () => ACTION_BLOCKED,
    refusedGrant: (req: ApiRequest) => (req.path === '/oauth/access_token' ? badCode() : undefined),
    useCase: (req: ApiRequest) => {
      const accountId = identify(store, req)
      return accountId === undefined ? undefined : { type: 'threads', accountId }
    },
  }
}
