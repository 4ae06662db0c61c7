import { rejected } from '../../domain/failures.ts'
import { ask, type Effect } from '../ask.ts'
import { parseServiceUrl, sameOrigin, urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import type { BodyStream, HttpAnswer, HttpRequest } from '../http.ts'
import { MASTODON_DIALECT } from './errors.ts'

/** One Mastodon server as calls see it. */
export interface Instance {
  /** Base URL without trailing slash. */
  url: string
  /** Only the server of the configuration skips the host guard. */
  trusted: boolean
}

/** The server an account lives on; the configured one when none is named. */
export function instanceOf(hosts: PlatformHosts, serviceUrl: string | undefined): Instance {
  const url = parseServiceUrl(serviceUrl ?? hosts.apiBaseUrl)
  if (!url) {
    const message = 'The server address is not a web address.'
    throw rejected({ code: 'invalid_service_url', message })
  }
  return { url, trusted: sameOrigin(url, hosts.apiBaseUrl) }
}

export interface MastodonCall {
  method: HttpRequest['method']
  path: string
  query?: Record<string, string | undefined>
  token?: string
  headers?: Record<string, string>
  json?: unknown
  form?: URLSearchParams
  /** Multipart. */
  upload?: { body: BodyStream; contentType: string }
  timeoutMs?: number
}

export function askInstance(
  instance: Instance,
  request: MastodonCall,
  call: Call,
  effect?: Effect,
): Promise<HttpAnswer> {
  const { method, path, query, token, json, form, upload, timeoutMs } = request
  const headers = {
    ...request.headers,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(upload ? { 'content-type': upload.contentType } : {}),
  }
  return ask(
    MASTODON_DIALECT,
    {
      method,
      url: urlBelow(instance.url, path, query),
      headers,
      ...(json === undefined ? {} : { json }),
      ...(form === undefined ? {} : { form }),
      ...(upload === undefined ? {} : { body: upload.body }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      trusted: instance.trusted,
    },
    call,
    effect,
  )
}
