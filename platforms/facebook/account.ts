import { urlBelow } from '../base-url.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { MetaAccount } from '../meta/account.ts'
import { GRAPH_VERSION } from '../meta/graph.ts'
import { FACEBOOK_NAMES, facebookFailure } from './errors.ts'

/** A Page, by its own token. */
export interface PageAccount extends MetaAccount {
  /** Where reels and video stories are uploaded to. */
  uploadBaseUrl: string
}

export function pageAccount(hosts: PlatformHosts, access: Access): PageAccount {
  return {
    graph: {
      names: FACEBOOK_NAMES,
      baseUrl: urlBelow(hosts.apiBaseUrl, `/${GRAPH_VERSION}`).href,
      provesSecret: true,
      failureOf: facebookFailure,
    },
    accessToken: access.accessToken,
    id: access.accountId,
    self: { path: `/${access.accountId}`, query: { fields: 'id' } },
    permalinkField: 'permalink_url',
    uploadBaseUrl: hosts.uploadBaseUrl ?? hosts.apiBaseUrl,
  }
}
