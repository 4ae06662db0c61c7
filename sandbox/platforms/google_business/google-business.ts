import type { SandboxState } from '../../core/state.ts'
import { accountControls, accountServer, addBuiltInApp } from '../google/account-server.ts'
import type { GoogleSite } from '../google/site.ts'
import { openGoogleStore } from '../google/store.ts'
import type { StandIn } from '../stand-in.ts'
import { listAccounts } from './accounts.ts'
import { badToken, missingScope, notFound } from './errors.ts'
import { listLocations, showLocation } from './locations.ts'
import { listMedia } from './media.ts'
import { openBusiness } from './open-business.ts'
import { locationsOf, longId, openBusinessStore } from './store.ts'
import { showVoiceOfMerchant } from './voice-of-merchant.ts'

/** Google Business Profile: the v1 APIs and the legacy v4 one, behind Google's account server. */
export function makeGoogleBusiness(state: SandboxState): StandIn {
  const site: GoogleSite = {
    store: openGoogleStore(state),
    platform: 'google_business',
    title: 'Google Business Profile',
    badToken,
    missingScope,
  }
  const store = openBusinessStore(state)
  const app = addBuiltInApp(site)
  const { router, at } = accountServer(site)
  router
    .get(
      '/v1/accounts',
      at('profile', (_site, req) => listAccounts({ site, store }, req)),
    )
    .get(
      '/v1/accounts/:account/locations',
      at('profile', (_site, req) => listLocations({ site, store }, req)),
    )
    .get(
      '/v1/locations/:location',
      at('profile', (_site, req) => showLocation({ site, store }, req)),
    )
    .get(
      '/v1/locations/:location/VoiceOfMerchantState',
      at('profile', (_site, req) => showVoiceOfMerchant({ site, store }, req)),
    )
    .get(
      '/v4/accounts/:account/locations/:location/media',
      at('profile', (_site, req) => listMedia({ site, store }, req)),
    )
    .all('/*rest', at('other', notFound))
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
    ...accountControls(site),
  }
}
