import { urlBelow } from '../base-url.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { MetaAccount } from '../meta/account.ts'
import { GRAPH_VERSION } from '../meta/graph.ts'
import { INSTAGRAM_NAMES, instagramFailure } from './errors.ts'

/** Both ways of connecting publish alike, each at a host of its own. */
export type InstagramHosts = Readonly<Record<'facebook' | 'instagram', PlatformHosts>>

/** Whether the account connected by its own login, without a Page. */
export function isOwnLogin({ method }: Pick<Access, 'method'>): boolean {
  return method === 'instagram_login'
}

export function instagramAccount(hosts: InstagramHosts, access: Access): MetaAccount {
  const isOwn = isOwnLogin(access)
  const { apiBaseUrl } = isOwn ? hosts.instagram : hosts.facebook
  return {
    graph: {
      names: INSTAGRAM_NAMES,
      baseUrl: urlBelow(apiBaseUrl, `/${GRAPH_VERSION}`).href,
      provesSecret: !isOwn,
      failureOf: instagramFailure,
    },
    accessToken: access.accessToken,
    id: access.accountId,
    self: isOwn
      ? { path: '/me', query: { fields: 'user_id' } }
      : { path: `/${access.accountId}`, query: { fields: 'id' } },
    permalinkField: 'permalink',
  }
}
