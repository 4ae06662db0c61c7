import { ask, type Effect } from '../ask.ts'
import { sameOrigin, urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../connector.ts'
import type { HttpAnswer } from '../http.ts'
import { BLUESKY_DIALECT } from './errors.ts'

export interface Xrpc {
  /** The server to talk to; the configured one unless the account has its own. */
  serviceUrl: string | undefined
  token?: string
  call: Call
  effect?: Effect
}

/** XRPC over our `Http`; only servers from configuration skip the host guard. */
export function makeBlueskyClient(hosts: PlatformHosts) {
  const baseOf = (serviceUrl: string | undefined) => serviceUrl ?? hosts.apiBaseUrl

  function send(
    xrpc: Xrpc,
    method: 'GET' | 'POST',
    nsid: string,
    rest: { query?: Record<string, string>; json?: unknown },
  ): Promise<HttpAnswer> {
    const base = baseOf(xrpc.serviceUrl)
    return ask(
      BLUESKY_DIALECT,
      {
        method,
        url: urlBelow(base, `/xrpc/${nsid}`, rest.query ?? {}),
        ...(rest.json === undefined ? {} : { json: rest.json }),
        ...(xrpc.token === undefined ? {} : { headers: { authorization: `Bearer ${xrpc.token}` } }),
        trusted: sameOrigin(base, hosts.apiBaseUrl) || sameOrigin(base, hosts.authBaseUrl),
      },
      xrpc.call,
      xrpc.effect,
    )
  }

  return {
    query: (xrpc: Xrpc, nsid: string, query: Record<string, string>) =>
      send(xrpc, 'GET', nsid, { query }),
    procedure: (xrpc: Xrpc, nsid: string, json?: unknown) => send(xrpc, 'POST', nsid, { json }),
  }
}

export type BlueskyClient = ReturnType<typeof makeBlueskyClient>
