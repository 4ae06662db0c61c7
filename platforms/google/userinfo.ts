import { z } from 'zod'
import { ask, type Dialect, readJson } from '../ask.ts'
import type { AccountAccess } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { serviceHost } from '../hosts.ts'

/** https://developers.google.com/identity/protocols/oauth2/scopes#oauth2 */
export const PROFILE_SCOPE = 'https://www.googleapis.com/auth/userinfo.profile'

const IDENTITY_SCOPES = [
  PROFILE_SCOPE,
  'https://www.googleapis.com/auth/userinfo.email',
  'openid',
  'profile',
  'email',
]

const userSchema = z.object({ sub: z.string().min(1) })

/** One signed GET of a Google API, its answer in the shape of `schema`. */
export async function readGoogle<Schema extends z.ZodType>(
  dialect: Dialect,
  url: URL,
  schema: Schema,
  access: Pick<AccountAccess, 'accessToken'>,
  call: Call,
): Promise<z.output<Schema>> {
  const headers = { authorization: `Bearer ${access.accessToken}` }
  const answer = await ask(dialect, { method: 'GET', url, headers, trusted: true }, call)
  return readJson(dialect, answer, schema)
}

/** Google's id of the person who consented; undefined when the grant does not let us ask. */
export async function readGrantorId(
  dialect: Dialect,
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<string | undefined> {
  if (!access.scopes?.some((scope) => IDENTITY_SCOPES.includes(scope))) return undefined
  const url = urlBelow(serviceHost(hosts, 'userinfo'), '/oauth2/v3/userinfo')
  return (await readGoogle(dialect, url, userSchema, access, call)).sub
}
