import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { type Before, endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'
import type { StandIn } from '../stand-in.ts'
import { createBoard, listBoards, listSections, openBoards, showBoard } from './boards.ts'
import { apiError, speakPinterest } from './errors.ts'
import { inspectUpload, registerMedia, showMedia, uploadMedia } from './media.ts'
import { answerConsent, revoke, showConsent, token } from './oauth.ts'
import { takeSource } from './pin-source.ts'
import {
  changePin,
  createPin,
  deletePin,
  listBoardPins,
  listPins,
  showPin,
  visitPin,
} from './pins.ts'
import { newId, openPinterestStore, type PinterestStore } from './store.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'
import { showUserAccount } from './user-account.ts'

/** Pinterest API v5: OAuth, the account, boards, pins and videos. */
export function makePinterest(state: SandboxState): StandIn {
  const store = openPinterestStore(state)
  const name = 'Sandbox app'
  const client = builtInClient('pinterest')
  addApp(store, { ...client, name, redirect_uris: null })
  return {
    platform: 'pinterest',
    title: 'Pinterest',
    mounts: ['/pinterest'],
    router: routes(store),
    normalizeHandle: (handle) => (/^[a-z0-9_]{3,30}$/i.test(handle) ? handle : undefined),
    newAccountId: newId,
    openAccount: (account) => openBoards(store, account),
    credentials: (account) => ({ username: account.handle, ...client }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => store.pins.clear(),
    registerApp: (redirectUris) =>
      addApp(store, {
        ...newClient(store, 'pinterest'),
        name,
        redirect_uris: [...redirectUris],
      }),
  }
}

function routes(store: PinterestStore): Router {
  const voice: Voice = {
    platform: 'pinterest',
    identify: (req) => identify(store, req),
    speak: speakPinterest,
  }
  const at = (
    step: Step,
    handle: (store: PinterestStore, req: ApiRequest) => Answer,
    before?: Before,
  ) => endpoint(store.state, voice, step, (req) => handle(store, req), before)
  return Router()
    .get('/oauth', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/v5/oauth/token', at('token', token))
    .post('/v5/oauth/token/revoke', at('revoke', revoke))
    .get('/v5/user_account', at('profile', showUserAccount))
    .get('/v5/boards', at('profile', listBoards))
    .post('/v5/boards', at('other', createBoard))
    .get('/v5/boards/:board_id', at('profile', showBoard))
    .get('/v5/boards/:board_id/sections', at('profile', listSections))
    .get('/v5/boards/:board_id/pins', at('lookup', listBoardPins))
    .post(
      '/v5/pins',
      at('publish', createPin, (req) => takeSource(store, req)),
    )
    .get('/v5/pins', at('lookup', listPins))
    .get('/v5/pins/:pin_id', at('lookup', showPin))
    .patch('/v5/pins/:pin_id', at('other', changePin))
    .delete('/v5/pins/:pin_id', at('delete', deletePin))
    .post('/v5/media', at('upload', registerMedia))
    .get('/v5/media/:media_id', at('status', showMedia))
    .post(
      '/media-upload',
      at('upload', uploadMedia, (req) => inspectUpload(store, req)),
    )
    .get('/pin/:id', visitPin(store))
    .all(
      '/*rest',
      at('other', () => apiError(404, 0, 'Sorry! We couldn’t find that.')),
    )
}
