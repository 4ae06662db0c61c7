import type { z } from 'zod'
import { ask, type Effect, readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import { readGoogle } from '../google/userinfo.ts'
import type { HttpAnswer } from '../http.ts'
import { YOUTUBE_DIALECT } from './errors.ts'

type Query = Readonly<Record<string, string | undefined>>
type Token = Pick<Access, 'accessToken'>

/** One read of the Data API below `/youtube/v3`; a list costs one unit of quota. */
export function readYoutube<Schema extends z.ZodType>(
  hosts: PlatformHosts,
  { path, query }: { path: string; query: Query },
  schema: Schema,
  access: Token,
  call: Call,
): Promise<z.output<Schema>> {
  const url = urlBelow(hosts.apiBaseUrl, `/youtube/v3/${path}`, query)
  return readGoogle(YOUTUBE_DIALECT, url, schema, access, call)
}

/** One write; inserts, changes and deletions cost 50 units. */
export function writeYoutube(
  hosts: PlatformHosts,
  request: { method: 'POST' | 'DELETE'; path: string; query: Query; json?: unknown },
  access: Token,
  call: Call,
  effect?: Effect,
): Promise<HttpAnswer> {
  const { method, path, query, json } = request
  const url = urlBelow(hosts.apiBaseUrl, `/youtube/v3/${path}`, query)
  const sent = { method, url, headers: bearer(access), trusted: true }
  return ask(YOUTUBE_DIALECT, json === undefined ? sent : { ...sent, json }, call, effect)
}

export function bearer({ accessToken }: Token): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` }
}

export function readYoutubeJson<Schema extends z.ZodType>(
  answer: HttpAnswer,
  schema: Schema,
  effect?: Effect,
): z.output<Schema> {
  return readJson(YOUTUBE_DIALECT, answer, schema, effect)
}

/** Uploads have a path of their own on the API's host. */
export function uploadHost(hosts: PlatformHosts): string {
  return hosts.uploadBaseUrl ?? hosts.apiBaseUrl
}
