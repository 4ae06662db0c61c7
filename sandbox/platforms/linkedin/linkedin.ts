import { randomBytes } from 'node:crypto'
import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'
import type { StandIn } from '../stand-in.ts'
import { createComment, deleteComment, listComments } from './comments.ts'
import { answerConsent, showConsent } from './consent.ts'
import { createPost } from './create-post.ts'
import { apiError, speakLinkedin } from './errors.ts'
import { initializeUpload } from './initialize-upload.ts'
import { showMedia } from './media-status.ts'
import { showMe, showUserinfo } from './members.ts'
import { openOrganizations } from './open-organizations.ts'
import { listAcls, showOrganization } from './organizations.ts'
import { deletePost, findPosts, showPost } from './posts.ts'
import { type LinkedinStore, openLinkedinStore } from './store.ts'
import { introspect, revoke, token } from './token-endpoint.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'
import { assembleVideo, finalizeUpload, inspectUpload, putBytes } from './upload.ts'

/** An app with the self-serve products only: no organization scopes, no refresh tokens. */
export const BASIC_CLIENT = {
  client_id: 'sandbox-linkedin-basic',
  client_secret: 'sbx_secret_linkedin_basic_client_secret',
}

/** LinkedIn: OAuth 2.0, the unversioned member API and the versioned organization API. */
export function makeLinkedin(state: SandboxState): StandIn {
  const store = openLinkedinStore(state)
  const name = 'Sandbox app'
  const client = builtInClient('linkedin')
  addApp(store, { ...client, name, redirect_uris: null, approved: true })
  addApp(store, { ...BASIC_CLIENT, name, redirect_uris: null, approved: false })
  return {
    platform: 'linkedin',
    title: 'LinkedIn',
    mounts: ['/linkedin'],
    router: routes(store),
    normalizeHandle: (handle) =>
      /^[A-Za-z0-9-]{3,100}$/.test(handle) ? handle.toLowerCase() : undefined,
    newAccountId: () => randomBytes(9).toString('base64url').slice(0, 10),
    openAccount: (account) => openOrganizations(store, account),
    credentials: (account) => ({
      username: account.handle,
      ...client,
      basic_client_id: BASIC_CLIENT.client_id,
      basic_client_secret: BASIC_CLIENT.client_secret,
    }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => {
      store.posts.clear()
      store.comments.clear()
    },
    authorName: (id) => store.organizations.get(id)?.name,
    registerApp: (redirectUris) =>
      addApp(store, {
        ...newClient(store, 'linkedin'),
        name,
        redirect_uris: [...redirectUris],
        approved: false,
      }),
  }
}

function routes(store: LinkedinStore): Router {
  const voice: Voice = {
    platform: 'linkedin',
    identify: (req) => identify(store, req),
    speak: speakLinkedin,
  }
  const at = (
    step: Step,
    handle: (store: LinkedinStore, req: ApiRequest) => Answer,
    before?: (store: LinkedinStore, req: ApiRequest) => Promise<void>,
  ) =>
    endpoint(
      store.state,
      voice,
      step,
      (req) => handle(store, req),
      async (req) => before?.(store, req),
    )
  const initialize = { image: initializeUpload('image'), document: initializeUpload('document') }
  const videoAction = (of: LinkedinStore, req: ApiRequest): Answer =>
    req.query.get('action') === 'finalizeUpload'
      ? finalizeUpload(of, req)
      : initializeVideo(of, req)
  const initializeVideo = initializeUpload('video')
  return Router()
    .get('/oauth/v2/authorization', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/oauth/v2/accessToken', at('token', token))
    .post('/oauth/v2/revoke', at('revoke', revoke))
    .post('/oauth/v2/introspectToken', at('other', introspect))
    .get('/v2/userinfo', at('profile', showUserinfo))
    .get('/v2/me', at('profile', showMe))
    .get('/rest/organizationAcls', at('profile', listAcls))
    .get('/rest/organizations/:id', at('profile', showOrganization))
    .post('/rest/images', at('upload', initialize.image))
    .post('/rest/documents', at('upload', initialize.document))
    .post('/rest/videos', at('upload', videoAction, assembleVideo))
    .put('/dms-uploads/:key', at('upload', putBytes, inspectUpload))
    .get('/rest/images/:urn', at('status', showMedia('image')))
    .get('/rest/documents/:urn', at('status', showMedia('document')))
    .get('/rest/videos/:urn', at('status', showMedia('video')))
    .post('/rest/posts', at('publish', createPost))
    .get('/rest/posts', at('lookup', findPosts))
    .get('/rest/posts/:urn', at('lookup', showPost))
    .delete('/rest/posts/:urn', at('delete', deletePost))
    .post('/rest/socialActions/:urn/comments', at('publish', createComment))
    .get('/rest/socialActions/:urn/comments', at('lookup', listComments))
    .delete('/rest/socialActions/:urn/comments/:id', at('delete', deleteComment))
    .get('/feed/update/:urn', visitPost(store))
    .all(
      '/*rest',
      at('other', () => apiError(404, { message: 'No virtual resource found' })),
    )
}

/** A permalink leads to the timeline of whoever wrote the post. */
function visitPost(store: LinkedinStore): RequestHandler {
  return (req, res) => {
    const author = store.posts.get(String(req.params.urn))?.author ?? ''
    const account = author.split(':').at(-1) ?? ''
    res.redirect(`/?${new URLSearchParams({ platform: 'linkedin', account })}`)
  }
}
