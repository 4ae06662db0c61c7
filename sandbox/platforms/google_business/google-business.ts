import type { RequestHandler, Router } from 'express'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  accountControls,
  accountServer,
  addBuiltInApp,
  type GoogleAt,
} from '../google/account-server.ts'
import type { GoogleSite } from '../google/site.ts'
import { openGoogleStore } from '../google/store.ts'
import type { StandIn } from '../stand-in.ts'
import { listAccounts } from './accounts.ts'
import { badContent, badToken, missingScope, notFound } from './errors.ts'
import { createPost, deletePost, listPosts, patchPost, showPost } from './local-posts.ts'
import { listLocations, showLocation } from './locations.ts'
import { listMedia } from './media.ts'
import { openBusiness } from './open-business.ts'
import { pullPhoto } from './photo.ts'
import { type Business, locationsOf, longId, openBusinessStore } from './store.ts'
import { showVoiceOfMerchant } from './voice-of-merchant.ts'

/** Google Business Profile: the v1 APIs and the legacy v4 one, behind Google's account server. */
export function makeGoogleBusiness(state: SandboxState): StandIn {
  const site: GoogleSite = {
    store: openGoogleStore(state),
    platform: 'google_business',
    title: 'Google Business Profile',
    badToken,
    missingScope,
    badContent,
  }
  const store = openBusinessStore(state)
  const app = addBuiltInApp(site)
  const { router, at } = accountServer(site)
  addRoutes(router, at, { site, store })
  return {
    platform: 'google_business',
    title: site.title,
    mounts: ['/google_business'],
    router,
    normalizeHandle: (handle) => (/^[A-Za-z0-9._-]{1,30}$/.test(handle) ? handle : undefined),
    newAccountId: () => longId(21),
    openAccount: (account) => openBusiness(store, account),
    credentials: (account) => ({
      username: account.handle,
      client_id: app.client_id,
      client_secret: app.client_secret,
      locations: locationsOf(store, account.account_id)
        .map((one) => `accounts/${one.account}/locations/${one.id}`)
        .join(','),
    }),
    forgetPosts: () => store.posts.clear(),
    ...accountControls(site),
  }
}

function addRoutes(router: Router, at: GoogleAt, business: Business): void {
  const of = (handle: (business: Business, req: ApiRequest) => Answer) => {
    return (_site: GoogleSite, req: ApiRequest) => handle(business, req)
  }
  const pull = (req: ApiRequest) => pullPhoto(business, req)
  const location = '/v4/accounts/:account/locations/:location'
  router
    .get('/v1/accounts', at('profile', of(listAccounts)))
    .get('/v1/accounts/:account/locations', at('profile', of(listLocations)))
    .get('/v1/locations/:location', at('profile', of(showLocation)))
    .get('/v1/locations/:location/VoiceOfMerchantState', at('profile', of(showVoiceOfMerchant)))
    .get(`${location}/media`, at('profile', of(listMedia)))
    .post(`${location}/localPosts`, at('publish', of(createPost), pull))
    .get(`${location}/localPosts`, at('lookup', of(listPosts)))
    .get(`${location}/localPosts/:post`, at('status', of(showPost)))
    .patch(`${location}/localPosts/:post`, at('other', of(patchPost), pull))
    .delete(`${location}/localPosts/:post`, at('delete', of(deletePost)))
    .get('/place/:location', visitLocation(business))
    .all('/*rest', at('other', notFound))
}

/** A post's `searchUrl` leads to the page of who manages the location. */
function visitLocation({ store }: Business): RequestHandler {
  return (req, res) => {
    const account = store.locations.get(String(req.params.location))?.owner
    if (account === undefined) res.status(404).end()
    else res.redirect(`/?${new URLSearchParams({ platform: 'google_business', account })}`)
  }
}
