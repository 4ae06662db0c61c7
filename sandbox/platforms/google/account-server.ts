import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { Answer } from '../../http/answer.ts'
import { type Before, endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'
import type { StandIn } from '../stand-in.ts'
import { answerConsent, showConsent } from './consent.ts'
import { speakGoogle } from './errors.ts'
import type { GoogleSite } from './site.ts'
import { type GoogleApp, personOf } from './store.ts'
import { revoke, token } from './token-endpoint.ts'
import { expirePerson, identify, revokePerson } from './tokens.ts'
import { showUserinfo } from './userinfo.ts'

/** Makes an Express handler of one of Google's. */
export type GoogleAt = (
  step: Step,
  handle: (site: GoogleSite, req: ApiRequest) => Answer,
  before?: Before,
) => RequestHandler

/** A router with the account server's endpoints, and what adds those of the API to it. */
export function accountServer(site: GoogleSite): { router: Router; at: GoogleAt } {
  const voice: Voice = {
    platform: site.platform,
    identify: (req) => identify(site, req),
    speak: (fault) => speakGoogle(site, fault),
  }
  const at: GoogleAt = (step, handle, before) =>
    endpoint(site.store.state, voice, step, (req) => handle(site, req), before)
  const router = Router()
    .get('/o/oauth2/v2/auth', at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/token', at('token', token))
    .post('/revoke', at('revoke', revoke))
    .get('/oauth2/v3/userinfo', at('profile', showUserinfo))
  return { router, at }
}

/** The members of a stand-in that are the same for both APIs. */
export function accountControls(
  site: GoogleSite,
): Pick<StandIn, 'revoke' | 'expire' | 'registerApp'> {
  const { state } = site.store
  const person = (accountId: string): string => {
    const account = state.accounts.byId(site.platform, accountId)
    return account === undefined ? '' : personOf(account)
  }
  return {
    revoke: (accountId) => revokePerson(site, person(accountId)),
    expire: (accountId) => expirePerson(site, person(accountId)),
    registerApp: (redirectUris) =>
      addApp(site.store, {
        ...newClient(site.store, site.platform),
        name: 'Sandbox app',
        platform: site.platform,
        redirect_uris: [...redirectUris],
      }),
  }
}

/** The client every test knows: `sandbox-{platform}-client`. */
export function addBuiltInApp(site: GoogleSite): GoogleApp {
  return addApp(site.store, {
    ...builtInClient(site.platform),
    name: 'Sandbox app',
    platform: site.platform,
    redirect_uris: null,
  })
}
