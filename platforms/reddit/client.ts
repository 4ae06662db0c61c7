import type { z } from 'zod'
import { ask, type Effect, readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import { REDDIT_DIALECT, readBudget } from './errors.ts'
import { bodyFailure } from './post-errors.ts'

type Token = Pick<Access, 'accessToken'>

/** One read of the API. `raw_json` keeps `&`, `<` and `>` as they are. */
export async function readReddit<Schema extends z.ZodType>(
  hosts: PlatformHosts,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  schema: Schema,
  access: Token,
  call: Call,
): Promise<z.output<Schema>> {
  const request = {
    method: 'GET' as const,
    url: urlBelow(hosts.apiBaseUrl, path, { raw_json: '1', ...query }),
    headers: { authorization: `Bearer ${access.accessToken}` },
    trusted: true,
  }
  return readJson(REDDIT_DIALECT, await send(request, call, 'repeatable'), schema)
}

/** One write; its errors come with status 200 and are thrown like the others. */
export async function writeReddit<Schema extends z.ZodType>(
  hosts: PlatformHosts,
  { path, ...body }: { path: string } & Pick<HttpRequest, 'form' | 'json'>,
  schema: Schema,
  access: Token,
  context: { call: Call; effect?: Effect },
): Promise<z.output<Schema>> {
  const { call, effect = 'repeatable' } = context
  const request = {
    method: 'POST' as const,
    url: urlBelow(hosts.apiBaseUrl, path, { raw_json: '1' }),
    // Errors come in the language of the account otherwise, and the wait is read from their words.
    headers: { authorization: `Bearer ${access.accessToken}`, 'accept-language': 'en' },
    trusted: true,
    ...body,
  }
  const answer = await send(request, call, effect)
  const failure = bodyFailure(answer)
  if (failure) throw failure
  return readJson(REDDIT_DIALECT, answer, schema, effect)
}

async function send(request: HttpRequest, call: Call, effect: Effect): Promise<HttpAnswer> {
  const answer = await ask(REDDIT_DIALECT, request, call, effect)
  const budget = readBudget(answer.headers)
  if (budget) call.onRateLimit?.(budget)
  return answer
}
