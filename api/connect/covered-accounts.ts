import type { SessionAccount } from '../../db/entities/oauth-session.ts'
import type { AppCredentials, Authorizer, CoveredAccount, Grant } from '../../platforms/registry.ts'
import type { platformCall } from './connect-failure.ts'

/** Around a grant: by which app it was given, and at which host if the grant does not say. */
interface GrantPlace {
  app?: AppCredentials
  serviceUrl?: string
}

/** The accounts that a grant covers: a platform's list, or the one account it belongs to. */
export async function coveredAccounts(
  authorizer: Authorizer,
  grant: Grant,
  place: GrantPlace,
  call: ReturnType<typeof platformCall>,
): Promise<CoveredAccount[]> {
  const access = accessOf(grant, place)
  if (authorizer.accounts !== undefined) return authorizer.accounts(access, call)
  return [{ account: await authorizer.identify(access, call) }]
}

/** What the authorizers ask with; lives for this call only. */
export function accessOf(grant: Grant, { app, serviceUrl }: GrantPlace) {
  const { accessToken, tokenType, expiresAt, secrets = {}, scopes } = grant
  return {
    ...{ accessToken, tokenType, expiresAt, secrets, scopes, app },
    serviceUrl: grant.serviceUrl ?? serviceUrl,
  }
}

/** A covered account as the session keeps and shows it: no grant, no secret. */
export function sessionAccount({ account, problem }: CoveredAccount): SessionAccount {
  return {
    account_id: account.platformAccountId,
    account_handle: account.handle,
    display_name: account.displayName,
    profile_image_url: account.profileImageUrl,
    account_kind: account.kind,
    parent_account_id: account.parentAccountId ?? null,
    problem: problem === undefined ? null : { code: problem.code, message: problem.message },
  }
}
