import { Router } from 'express'
import type { Account } from '../../core/accounts.ts'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { type Before, endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { builtInClient } from '../../oauth/clients.ts'
import { openContainers } from '../meta/containers.ts'
import { ACTION_BLOCKED, graphError, noObject, unknownPath } from '../meta/errors.ts'
import type { InstagramHandler } from '../meta/instagram-call.ts'
import {
  type InstagramAt,
  instagramDelete,
  instagramRoutes,
  instagramUploads,
} from '../meta/instagram-routes.ts'
import { UNSUPPORTED_VIDEO } from '../meta/media-check.ts'
import { param } from '../meta/params.ts'
import { nextId } from '../meta/professional.ts'
import { type Accent, speakGraph } from '../meta/speak.ts'
import { registerApp } from '../meta/store.ts'
import { expireAccount, identify, revokeAccount } from '../meta/tokens.ts'
import { versioned } from '../meta/versions.ts'
import type { StandIn } from '../stand-in.ts'
import type { Call } from './access.ts'
import { debugToken, showApp } from './app-calls.ts'
import { openCall } from './caller.ts'
import { answerDialog, showDialog } from './dialog.ts'
import { listBusinesses, listPages, listPortfolioPages } from './edges.ts'
import { type Facebook, openFacebook } from './facebook-store.ts'
import { instagramCall } from './instagram-access.ts'
import { ABUSIVE } from './page-problems.ts'
import { type GraphAt, pageRoutes, pageUploads } from './page-routes.ts'
import { forgetPosts } from './page-store.ts'
import { listPermissions, removeApp, removePermission } from './permissions.ts'
import { showMe, showNode } from './show-node.ts'
import { token, usedCode } from './token.ts'
import { visitPage } from './visit.ts'
import { instagramOf, type Role, rolesOf, settle } from './world.ts'

const FIRST_PERSON_ID = '10227000000000001'

/** Versions that exist; old ones answer as the oldest that is alive. */
const isVersion = (version: string): boolean => /^v([1-9]|1\d|2[0-6])\.\d$/.test(version)

/** Graph API: people, their Pages, and the Instagram accounts behind those. */
export function makeFacebook(state: SandboxState): StandIn {
  const facebook = openFacebook(state)
  const { store, world } = facebook
  return {
    platform: 'facebook',
    title: 'Facebook',
    mounts: ['/facebook'],
    router: routes(facebook),
    normalizeHandle: (handle) => (/^[A-Za-z0-9._-]{1,50}$/.test(handle) ? handle : undefined),
    newAccountId: () =>
      nextId(
        state.accounts.list('facebook').map((one) => one.account_id),
        FIRST_PERSON_ID,
      ),
    openAccount: (person) => settle(world, person),
    credentials: (person) => ({
      username: person.handle,
      ...builtInClient('facebook'),
      ...pageIds(facebook, person),
    }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => forgetPosts(facebook.pages),
    authorName: (pageId) => world.pages.get(pageId)?.name,
    registerApp: (redirectUris) => registerApp(store, redirectUris),
  }
}

/** Comma-separated ids by what a test may want of a Page. */
function pageIds({ world }: Facebook, person: Account): Record<string, string> {
  const roles = rolesOf(world, person.account_id)
  const ids = (wanted: (role: Role) => boolean): string =>
    roles
      .filter(wanted)
      .map((role) => role.page_id)
      .join(',')
  const instagram = roles.flatMap((role) => {
    const page = world.pages.get(role.page_id)
    return page === undefined ? [] : (instagramOf(world, page)?.account_id ?? [])
  })
  return {
    page_ids: ids(() => true),
    portfolio_page_ids: ids((role) => role.via !== null),
    read_only_page_ids: ids((role) => !role.tasks.includes('CREATE_CONTENT')),
    instagram_ids: instagram.join(','),
  }
}

function routes(facebook: Facebook): Router {
  const { state } = facebook.store
  const voice: Voice = {
    platform: 'facebook',
    identify: (req) => identify(facebook.store, req),
    speak: (fault, req) => speakGraph(accent(facebook), fault, req),
  }
  const at = (step: Step, handle: (facebook: Facebook, req: ApiRequest) => Answer) =>
    endpoint(state, voice, step, (req) => handle(facebook, req))
  const containers = openContainers(state, 'instagram')
  const asInstagram: InstagramAt = (step: Step, handle: InstagramHandler, before?: Before) => {
    const answer = (req: ApiRequest): Answer =>
      handle(instagramCall(openCall(facebook, req), containers))
    return endpoint(state, voice, step, answer, before)
  }
  const asPage: GraphAt = (step, handle, before) =>
    endpoint(state, voice, step, (req) => handle(openCall(facebook, req)), before)
  const asCaller = (handle: (call: Call) => Answer) => (_facebook: Facebook, req: ApiRequest) =>
    handle(openCall(facebook, req))
  const api = Router({ mergeParams: true })
    .get('/dialog/oauth', at('authorize', showDialog))
    .get('/oauth/access_token', at('token', token))
    .post('/oauth/access_token', at('token', token))
    .get('/debug_token', at('profile', debugToken))
    .get('/me', at('profile', asCaller(showMe)))
    .use(pageRoutes(facebook, asPage))
    .use(instagramRoutes(containers, asInstagram))
    .use(instagramDelete(containers, asInstagram))
    .get('/me/accounts', at('profile', asCaller(listPages)))
    .get('/me/businesses', at('profile', asCaller(listBusinesses)))
    .get('/me/permissions', at('profile', asCaller(listPermissions)))
    .delete('/me/permissions', at('revoke', asCaller(removeApp)))
    .delete('/me/permissions/:permission', at('revoke', asCaller(removePermission)))
    .get(
      '/:id',
      at('profile', (facebook, req) => showApp(facebook, req) ?? asCaller(showNode)(facebook, req)),
    )
    .get('/:id/owned_pages', at('profile', asCaller(listPortfolioPages('owned_pages'))))
    .get('/:id/client_pages', at('profile', asCaller(listPortfolioPages('client_pages'))))
    .delete(
      '/:id',
      at('delete', (_facebook, req) => graphError(noObject('DELETE', req.params.id ?? ''))),
    )
    .all(
      '/*rest',
      at('other', (_facebook, req) => graphError(unknownPath(req.path))),
    )
  return Router()
    .post('/_consent', at('authorize', answerDialog))
    .get(
      ['/:page/posts/:id', '/:page/videos/:id', '/stories/:page/:id', '/reel/:video'],
      visitPage(facebook.pages),
    )
    .use(pageUploads(facebook, asPage))
    .use(instagramUploads(containers, asInstagram))
    .use(versioned(state, voice, { api, supports: isVersion }))
}

function accent(facebook: Facebook): Accent {
  const { store } = facebook
  return {
    refusedGrant: (req) => (param(req, 'code') === undefined ? undefined : usedCode()),
    refusedContent: (step, req) => {
      if (instagramIdOf(store.state, req) === undefined) return ABUSIVE
      return step === 'upload' ? UNSUPPORTED_VIDEO : ACTION_BLOCKED
    },
    useCase: (req) => {
      const instagram = instagramIdOf(store.state, req)
      if (instagram !== undefined) return { type: 'instagram', accountId: instagram }
      const accountId = identify(store, req)
      return accountId === undefined ? undefined : { type: 'pages', accountId }
    },
  }
}

/** The Instagram account that a path is about, by its own id or that of what it published. */
function instagramIdOf(state: SandboxState, req: ApiRequest): string | undefined {
  const id = req.params.id ?? ''
  const { containers, media } = openContainers(state, 'instagram')
  const accountId = containers.get(id)?.account_id ?? media.get(id)?.account_id ?? id
  return state.accounts.byId('instagram', accountId)?.account_id
}
