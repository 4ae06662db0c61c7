import { createHmac } from 'node:crypto'
import type { z } from 'zod'
import { ask, type Dialect, readJson } from '../ask.ts'
import type { AppCredentials } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call } from '../call.ts'
import type { HttpAnswer } from '../http.ts'
import { type GraphNames, graphFailure } from './errors.ts'
import { parseLosslessJson } from './lossless-json.ts'
import { readUsage } from './usage.ts'

/** Of Facebook's and Instagram's hosts; each version lives for about two years.
 * https://developers.facebook.com/docs/graph-api/changelog */
export const GRAPH_VERSION = 'v25.0'

/** One of Meta's APIs. */
export interface Graph {
  names: GraphNames
  /** Host and version. */
  baseUrl: string
  /** Calls prove that they know the app's secret; graph.facebook.com alone documents it. */
  provesSecret: boolean
}

export interface GraphRequest {
  method?: 'GET' | 'DELETE'
  path: string
  query?: Readonly<Record<string, string | undefined>>
  accessToken: string
  app?: AppCredentials
}

export function dialectOf(
  names: GraphNames,
  failureOf: Dialect['failureOf'] = (answer, effect) => graphFailure(names, answer, effect),
): Dialect {
  return {
    platformName: names.name,
    // Meta has none of these three headers; `metered` reads what it has.
    rateLimit: { prefix: 'x-ratelimit', reset: 'epoch_seconds' },
    failureOf,
  }
}

/** One call with a person's or a Page's token, in a header so that no URL holds it. */
export async function askGraph<Schema extends z.ZodType>(
  graph: Graph,
  { method = 'GET', path, query, accessToken, app }: GraphRequest,
  schema: Schema,
  call: Call,
): Promise<z.output<Schema>> {
  const secret = graph.provesSecret ? app?.clientSecret : undefined
  const proof = secret === undefined ? undefined : appSecretProof(accessToken, secret)
  const url = urlBelow(graph.baseUrl, path, { ...query, appsecret_proof: proof })
  const headers = { authorization: `Bearer ${accessToken}` }
  return askMeta(dialectOf(graph.names), { method, url, headers }, schema, call)
}

/** A call whose credentials are in the URL already. */
export async function askMeta<Schema extends z.ZodType>(
  dialect: Dialect,
  request: { method?: 'GET' | 'DELETE'; url: URL; headers?: Readonly<Record<string, string>> },
  schema: Schema,
  call: Call,
): Promise<z.output<Schema>> {
  const answer = await ask(dialect, { method: 'GET', ...request, trusted: true }, metered(call))
  return readJson(dialect, answer, schema)
}

/** https://developers.facebook.com/docs/graph-api/guides/secure-requests */
export function appSecretProof(accessToken: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(accessToken).digest('hex')
}

/** Reads Meta's usage headers and keeps the digits of its ids, whoever sends the request. */
export function metered(call: Call): Call {
  const { http, onRateLimit } = call
  const request: typeof http.request = async (request) => {
    const answer = await http.request(request)
    const usage = readUsage(answer.headers)
    if (usage) onRateLimit?.(usage)
    return lossless(answer)
  }
  return { ...call, http: { ...http, request } }
}

function lossless(answer: HttpAnswer): HttpAnswer {
  return {
    ...answer,
    json: () => {
      // The first one throws what callers know when the body is no JSON.
      answer.json()
      return parseLosslessJson(answer.text)
    },
  }
}
