import type { z } from 'zod'
import { ask, readJson } from '../ask.ts'
import type { AccountAccess } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { LINKEDIN_DIALECT } from './errors.ts'

/**
 * Every version ends about a year after its month:
 * https://learn.microsoft.com/en-us/linkedin/marketing/versioning
 */
export const LINKEDIN_VERSION = '202608'

/** One LinkedIn connection's hosts, access and call, as reading needs them. */
export interface Reader {
  hosts: PlatformHosts
  access: AccountAccess
  call: Call
}

/** One GET; paths below `/rest` get the headers of the versioned API. */
export async function read<Schema extends z.ZodType>(
  { hosts, access, call }: Reader,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  schema: Schema,
): Promise<z.output<Schema>> {
  const headers = {
    authorization: `Bearer ${access.accessToken}`,
    ...(path.startsWith('/rest/') ? VERSION_HEADERS : {}),
  }
  const url = urlBelow(hosts.apiBaseUrl, path, query)
  const answer = await ask(LINKEDIN_DIALECT, { method: 'GET', url, headers, trusted: true }, call)
  return readJson(LINKEDIN_DIALECT, answer, schema)
}

export const VERSION_HEADERS = {
  'linkedin-version': LINKEDIN_VERSION,
  'x-restli-protocol-version': '2.0.0',
}
