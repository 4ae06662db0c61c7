import { createHmac } from 'node:crypto'
import type { z } from 'zod'
import { ask, type Dialect, type Effect, readJson } from '../ask.ts'
import type { AppCredentials } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call } from '../call.ts'
import type { HttpAnswer } from '../http.ts'
import type { HttpRequest } from '../http-types.ts'
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
  /** What refusals mean; else what they mean at all of Meta's APIs. */
  failureOf?: Dialect['failureOf']
}

/** Undefined values are left out. */
export type Fields = Readonly<Record<string, string | undefined>>

export interface GraphRequest extends Pick<HttpRequest, 'headers' | 'body' | 'timeoutMs'> {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  query?: Fields
  form?: Fields
  accessToken: string
  app?: AppCredentials
  /** Repeatable unless told otherwise. */
  effect?: Effect
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
  request: GraphRequest,
  schema: Schema,
  call: Call,
): Promise<z.output<Schema>> {
  const { method = 'GET', path, query, form, accessToken, app, effect, ...rest } = request
  const secret = graph.provesSecret ? app?.clientSecret : undefined
  const proof = secret === undefined ? undefined : appSecretProof(accessToken, secret)
  const asked: HttpRequest = {
    ...rest,
    method,
    url: urlBelow(graph.baseUrl, path, { ...query, appsecret_proof: proof }),
    headers: { authorization: `Bearer ${accessToken}`, ...rest.headers },
    ...(form ? { form: toForm(form) } : {}),
    trusted: true,
  }
  const dialect = dialectOf(graph.names, graph.failureOf)
  const answer = await ask(dialect, asked, metered(call), effect)
  return readJson(dialect, answer, schema, effect)
}

function toForm(fields: Fields): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.set(name, value)
  }
  return form
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
