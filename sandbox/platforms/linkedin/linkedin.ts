import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'
import type { StandIn } from '../stand-in.ts'
import { answerConsent, showConsent } from './consent.ts'
import { apiError, speakLinkedin } from './errors.ts'
import { showMe, showUserinfo } from './members.ts'
import { openOrganizations } from './open-organizations.ts'
import { listAcls, showOrganization } from './organizations.ts'
import { type LinkedinStore, openLinkedinStore } from './store.ts'
import { introspect, revoke, token } from './token-endpoint.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'

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
    // Publishing is not built yet, so there is nothing to forget.
    forgetPosts: () => undefined,
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
  const at = (step: Step, handle: (store: LinkedinStore, req: ApiRequest) => Answer) =>
    endpoint(store.state, voice, step, (req) => handle(store, req))
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
    .all(
      '/*rest',
      at('other', () => apiError(404, { message: 'No virtual resource found' })),
    )
}
