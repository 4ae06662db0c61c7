import { ask, type Dialect, type Effect } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { BodyStream, HttpAnswer, HttpRequest } from '../http.ts'
import { isTrusted } from './discovery.ts'
import { makeDpopKeys, withDpop } from './dpop.ts'
import { BLUESKY_DIALECT } from './errors.ts'

export type XrpcAccess = Pick<Access, 'accessToken' | 'tokenType' | 'secrets'>

export interface Xrpc {
  /** The server to talk to; the configured one unless the account has its own. */
  serviceUrl: string | undefined
  access?: XrpcAccess
  call: Call
  effect?: Effect
  /** How refusals are read; as Bluesky's unless given. */
  dialect?: Dialect
}

export interface XrpcFile {
  body: Uint8Array | BodyStream
  mimeType: string
}

/** A few hundred megabytes at ten a second. */
const FILE_TIMEOUT_MS = 10 * 60_000

function fileRequest({ body, mimeType }: XrpcFile): Partial<HttpRequest> {
  return { body, headers: { 'content-type': mimeType }, timeoutMs: FILE_TIMEOUT_MS }
}

/** XRPC over our `Http`; only servers from configuration skip the host guard. */
export function makeBlueskyClient(hosts: PlatformHosts) {
  const keys = makeDpopKeys()

  async function send(
    xrpc: Xrpc,
    method: 'GET' | 'POST',
    nsid: string,
    rest: { query?: Record<string, string>; json?: unknown; file?: XrpcFile },
  ): Promise<HttpAnswer> {
    const base = xrpc.serviceUrl ?? hosts.apiBaseUrl
    const request: HttpRequest = {
      method,
      url: urlBelow(base, `/xrpc/${nsid}`, rest.query ?? {}),
      ...(rest.json === undefined ? {} : { json: rest.json }),
      ...(rest.file === undefined ? {} : fileRequest(rest.file)),
      trusted: isTrusted(hosts, base),
    }
    const { access, call, effect, dialect = BLUESKY_DIALECT } = xrpc
    if (access === undefined) return ask(dialect, request, call, effect)
    if (access.tokenType !== 'dpop') {
      const headers = { ...request.headers, authorization: `Bearer ${access.accessToken}` }
      return ask(dialect, { ...request, headers }, call, effect)
    }
    const handle = await keys.handleOf(access.secrets.dpop_key)
    const proven = { ...call, http: withDpop(call.http, handle, access.accessToken) }
    return ask(dialect, request, proven, effect)
  }

  return {
    keys,
    query: (xrpc: Xrpc, nsid: string, query: Record<string, string>) =>
      send(xrpc, 'GET', nsid, { query }),
    procedure: (xrpc: Xrpc, nsid: string, json?: unknown) => send(xrpc, 'POST', nsid, { json }),
    /** A procedure whose input is a file. */
    upload: (xrpc: Xrpc, nsid: string, file: XrpcFile, query: Record<string, string> = {}) =>
      send(xrpc, 'POST', nsid, { file, query }),
  }
}

export type BlueskyClient = ReturnType<typeof makeBlueskyClient>
