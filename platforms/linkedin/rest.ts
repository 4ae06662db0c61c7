import type { z } from 'zod'
import { ask, type Effect, readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access } from '../call.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import { type Reader, VERSION_HEADERS } from './client.ts'
import { LINKEDIN_DIALECT } from './errors.ts'
import { withFreshToken } from './fresh-token.ts'

/** One account's hosts, access and call, for publishing. */
export interface Account extends Reader {
  access: Access
  /** How long LinkedIn may take until it knows a new token. */
  spreadMs: number
}

export interface RestRequest extends Pick<HttpRequest, 'method' | 'json' | 'headers'> {
  /** Below `/rest`. */
  path: string
  query?: Readonly<Record<string, string | undefined>>
}

/**
 * One call of the versioned API. A refused token may be a new one that has not spread: it is tried
 * once more, which repeats nothing, since a 401 did nothing.
 */
export function askRest(
  account: Account,
  { method, json, path, query, headers: more }: RestRequest,
  effect?: Effect,
): Promise<HttpAnswer> {
  const { hosts, access, call, spreadMs } = account
  const headers = { authorization: `Bearer ${access.accessToken}`, ...VERSION_HEADERS, ...more }
  const url = urlBelow(hosts.apiBaseUrl, `/rest${path}`, query)
  const request = { method, url, headers, trusted: true, ...(json === undefined ? {} : { json }) }
  return withFreshToken(account, spreadMs, () => ask(LINKEDIN_DIALECT, request, call, effect))
}

export async function readRest<Schema extends z.ZodType>(
  account: Account,
  request: Omit<RestRequest, 'method' | 'json'>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const answer = await askRest(account, { method: 'GET', ...request })
  return readJson(LINKEDIN_DIALECT, answer, schema)
}

/** A URN as part of a path. */
export function inPath(urn: string): string {
  return encodeURIComponent(urn).replaceAll('(', '%28').replaceAll(')', '%29')
}
