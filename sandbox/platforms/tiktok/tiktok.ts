import { randomBytes } from 'node:crypto'
import { type Request, type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { parseBody } from '../../http/body.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { builtInClient, type Client, newClient } from '../../oauth/clients.ts'
import { type StandIn, visit } from '../stand-in.ts'
import { answerConsent, showConsent } from './consent.ts'
import { showCreator } from './creator.ts'
import { apiError, speakTiktok } from './errors.ts'
import { initContent, initInboxVideo, initVideo, pullSources } from './init.ts'
import { isFileUpload } from './source-info.ts'
import { fetchStatus } from './status.ts'
import { openTiktokStore, type TiktokStore } from './store.ts'
import { revoke, token } from './token-endpoint.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'
import { inspectVideo, isLastChunk, putChunk } from './upload.ts'
import { showUser } from './user-info.ts'
import { listVideos, queryVideos } from './videos.ts'

/** TikTok: Login Kit, Content Posting and Display API v2. The account id is the built-in app's `open_id`. */
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
    forgetPosts: () => {
      store.publications.clear()
      store.uploads.clear()
    },
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
  const { at, pulling, uploading } = handlers(store)
  return Router({ strict: true })
    .get('/v2/auth/authorize/', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/v2/oauth/token/', at('token', token))
    .post('/v2/oauth/revoke/', at('revoke', revoke))
    .get('/v2/user/info/', at('profile', showUser))
    .post('/v2/post/publish/creator_info/query/', at('profile', showCreator))
    .post('/v2/post/publish/video/init/', pulling(initVideo))
    .post('/v2/post/publish/inbox/video/init/', pulling(initInboxVideo))
    .post('/v2/post/publish/content/init/', pulling(initContent))
    .put('/upload/:upload', uploading)
    .post('/v2/post/publish/status/fetch/', at('status', fetchStatus))
    .post('/v2/video/list/', at('lookup', listVideos))
    .post('/v2/video/query/', at('lookup', queryVideos))
    .get(['/@:handle', '/@:handle/video/:id', '/@:handle/photo/:id'], visit('tiktok', 'handle'))
    .all(
      '/*rest',
      at('other', (_store, req) => apiError(req, 404)),
    )
}

type Handle = (store: TiktokStore, req: ApiRequest) => Answer

/** The step `publish` is the call with which a post comes to be: often the last part of a file. */
function handlers(store: TiktokStore) {
  const voice: Voice = {
    platform: 'tiktok',
    identify: (req) => identify(store, req),
    speak: speakTiktok,
  }
  const at = (step: Step, handle: Handle, before?: (req: ApiRequest) => Promise<void>) =>
    endpoint(store.state, voice, step, (req) => handle(store, req), before)
  const pulling = (handle: Handle): RequestHandler => {
    const pull = (req: ApiRequest) => pullSources(store, req)
    const isUpload = (req: Request) => isFileUpload(bodyOf(req))
    return either(isUpload, at('upload', handle), at('publish', handle, pull))
  }
  const look = (req: ApiRequest) => inspectVideo(store, req)
  const uploading = either(isLastChunk, at('publish', putChunk, look), at('upload', putChunk))
  return { at, pulling, uploading }
}

function either(
  test: (req: Request) => boolean,
  yes: RequestHandler,
  no: RequestHandler,
): RequestHandler {
  return (req, res, next) => (test(req) ? yes(req, res, next) : no(req, res, next))
}

function bodyOf(req: Request): unknown {
  const body = Buffer.isBuffer(req.body) ? parseBody(req.body, req.get('content-type')) : undefined
  return body?.kind === 'json' ? body.value : undefined
}
