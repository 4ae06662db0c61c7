import type { z } from 'zod'
import { ask, readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import { REDDIT_DIALECT, readBudget } from './errors.ts'

/** One read of the API. `raw_json` keeps `&`, `<` and `>` as they are. */
export async function readReddit<Schema extends z.ZodType>(
  hosts: PlatformHosts,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  schema: Schema,
  access: Pick<Access, 'accessToken'>,
  call: Call,
): Promise<z.output<Schema>> {
  const request = {
    method: 'GET' as const,
    url: urlBelow(hosts.apiBaseUrl, path, { raw_json: '1', ...query }),
    headers: { authorization: `Bearer ${access.accessToken}` },
    trusted: true,
  }
  const answer = await ask(REDDIT_DIALECT, request, call)
  const budget = readBudget(answer.headers)
  if (budget) call.onRateLimit?.(budget)
  return readJson(REDDIT_DIALECT, answer, schema)
}
