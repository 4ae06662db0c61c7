import { urlBelow } from '../base-url.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { MetaAccount } from '../meta/account.ts'
import { THREADS_NAMES, threadsFailure } from './errors.ts'

/** Threads counts its own versions: https://developers.facebook.com/docs/threads/changelog */
export const THREADS_VERSION = 'v1.0'

export function threadsAccount(hosts: PlatformHosts, access: Access): MetaAccount {
  return {
    graph: {
      names: THREADS_NAMES,
      baseUrl: urlBelow(hosts.apiBaseUrl, `/${THREADS_VERSION}`).href,
      provesSecret: false,
      failureOf: threadsFailure,
    },
    accessToken: access.accessToken,
    id: access.accountId,
    self: { path: '/me', query: { fields: 'id' } },
    permalinkField: 'permalink',
  }
}
