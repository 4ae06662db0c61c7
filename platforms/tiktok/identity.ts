import { z } from 'zod'
import { authRevoked } from '../../domain/failures.ts'
import { ask, readJson } from '../ask.ts'
import type { Account, AccountAccess } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { hiddenProblem, TIKTOK_DIALECT, tiktokFailure } from './errors.ts'

/** Asking a field without its scope refuses the whole call. */
const FIELDS_BY_SCOPE: readonly [scope: string, fields: readonly string[]][] = [
  ['user.info.basic', ['open_id', 'union_id', 'avatar_url', 'display_name']],
  ['user.info.profile', ['username', 'is_verified']],
  ['user.info.stats', ['follower_count']],
]

const userSchema = z.object({
  data: z.object({
    user: z.object({
      open_id: z.string().min(1),
      union_id: z.string().optional(),
      avatar_url: z.string().optional(),
      display_name: z.string().optional(),
      username: z.string().optional(),
      is_verified: z.boolean().optional(),
      follower_count: z.number().optional(),
    }),
  }),
})

type User = z.output<typeof userSchema>['data']['user']

/** https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info */
export async function identify(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<Account> {
  const url = urlBelow(hosts.apiBaseUrl, '/v2/user/info/', { fields: fieldsFor(access.scopes) })
  const headers = { authorization: `Bearer ${access.accessToken}` }
  const answer = await ask(TIKTOK_DIALECT, { method: 'GET', url, headers, trusted: true }, call)
  if (hiddenProblem(answer)) throw tiktokFailure(answer, 'repeatable')
  const { user } = readJson(TIKTOK_DIALECT, answer, userSchema).data
  if (access.accountId && access.accountId !== user.open_id) {
    const message = 'This access belongs to another TikTok account. Please connect it again.'
    throw authRevoked({ code: 'tiktok_other_account', message })
  }
  return toAccount(user)
}

function fieldsFor(scopes: readonly string[] = []): string {
  // Every grant has the basic scope; a grant that names none is asked for nothing more.
  const granted = new Set(['user.info.basic', ...scopes])
  return FIELDS_BY_SCOPE.flatMap(([scope, fields]) => (granted.has(scope) ? fields : [])).join(',')
}

function toAccount(user: User): Account {
  return {
    platformAccountId: user.open_id,
    handle: user.username || user.display_name || user.open_id,
    displayName: user.display_name ?? null,
    profileImageUrl: user.avatar_url ?? null,
    kind: 'personal',
    grantorId: user.open_id,
    metadata: {
      union_id: user.union_id ?? null,
      is_verified: user.is_verified ?? null,
      follower_count: user.follower_count ?? null,
    },
  }
}
