import { randomBytes } from 'node:crypto'
import type { SandboxState } from '../../core/state.ts'
import { accountControls, accountServer, addBuiltInApp } from '../google/account-server.ts'
import type { GoogleSite } from '../google/site.ts'
import { openGoogleStore } from '../google/store.ts'
import type { StandIn } from '../stand-in.ts'
import { listChannels } from './channels.ts'
import { badToken, missingScope, notFound } from './errors.ts'

/** YouTube Data API v3 behind Google's account server; the account id is the channel's. */
export function makeYoutube(state: SandboxState): StandIn {
  const site: GoogleSite = {
    store: openGoogleStore(state),
    platform: 'youtube',
    title: 'YouTube',
    badToken,
    missingScope,
  }
  const app = addBuiltInApp(site)
  const { router, at } = accountServer(site)
  router
    .get('/youtube/v3/channels', at('profile', listChannels))
    .all('/*rest', at('other', notFound))
  return {
    platform: 'youtube',
    title: 'YouTube',
    mounts: ['/youtube'],
    router,
    normalizeHandle: (handle) => (/^[A-Za-z0-9._-]{3,30}$/.test(handle) ? handle : undefined),
    newAccountId: () => `UC${randomBytes(16).toString('base64url')}`,
    credentials: (account) => ({
      username: account.handle,
      client_id: app.client_id,
      client_secret: app.client_secret,
    }),
    ...accountControls(site),
  }
}
