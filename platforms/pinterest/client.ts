import { ask, type Effect } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import { PINTEREST_DIALECT } from './errors.ts'

/** One account's hosts, access and call. */
export interface PinterestCall {
  hosts: PlatformHosts
  access: Access
  call: Call
}

/** https://developers.pinterest.com/docs/api/v5/ */
export function askPinterest(
  { hosts, access, call }: PinterestCall,
  request: Pick<HttpRequest, 'method' | 'json'> & {
    path: string
    query?: Readonly<Record<string, string | undefined>>
  },
  effect?: Effect,
): Promise<HttpAnswer> {
  const { method, json, path, query } = request
  const headers = { authorization: `Bearer ${access.accessToken}` }
  const url = urlBelow(hosts.apiBaseUrl, `/v5${path}`, query)
  const body = json === undefined ? {} : { json }
  return ask(PINTEREST_DIALECT, { method, url, headers, trusted: true, ...body }, call, effect)
}
