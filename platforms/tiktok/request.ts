import type { z } from 'zod'
import { ask, type Effect, readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { HttpAnswer } from '../http.ts'
import { losslessJsonOrUndefined } from '../meta/lossless-json.ts'
import { hiddenProblem, TIKTOK_DIALECT, tiktokFailure } from './errors.ts'

export interface TiktokRequest {
  path: string
  query?: Readonly<Record<string, string>>
  json: unknown
}

/**
 * One call of the API; all of publishing is POST with JSON. Ids are int64 and come as JSON numbers
 * that doubles cannot hold, so the answer is read without loss.
 */
export async function askTiktok<Schema extends z.ZodType>(
  hosts: PlatformHosts,
  { path, query, json }: TiktokRequest,
  schema: Schema,
  access: Pick<Access, 'accessToken'>,
  context: { call: Call; effect?: Effect },
): Promise<z.output<Schema>> {
  const { call, effect = 'repeatable' } = context
  const headers = { authorization: `Bearer ${access.accessToken}` }
  const url = urlBelow(hosts.apiBaseUrl, path, query)
  const request = { method: 'POST' as const, url, headers, json, trusted: true }
  const answer = await ask(TIKTOK_DIALECT, request, call, effect)
  if (hiddenProblem(answer)) throw tiktokFailure(answer, effect)
  return readJson(TIKTOK_DIALECT, lossless(answer), schema, effect)
}

function lossless(answer: HttpAnswer): HttpAnswer {
  return { ...answer, json: () => losslessJsonOrUndefined(answer.text) }
}
