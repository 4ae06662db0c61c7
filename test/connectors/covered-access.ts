import type { Access } from '../../platforms/call.ts'
import { grantBy, type Harness } from './harness.ts'

export interface Wanted {
  handle: string
  /** Asked for besides the authorizer's own. */
  scopes?: readonly string[]
  /** Which of the accounts that the consent covers; the first that may be posted to unless given. */
  kind?: string
}

/** Consents as a person of the sandbox and picks an account, as the connect page does. */
export async function coveredAccess(harness: Harness, wanted: Wanted): Promise<Access> {
  const { platform, auth } = harness.connector
  const app = {
    clientId: `sandbox-${platform}-client`,
    clientSecret: `sbx_secret_${platform}_client_secret`,
  }
  const scopes = [...auth.scopes, ...(wanted.scopes ?? [])]
  const asking: typeof auth = {
    ...auth,
    authorizationUrl: async (request, call) => {
      const redirect = await auth.authorizationUrl?.({ ...request, scopes }, call)
      if (!redirect) throw new Error('no redirect flow')
      return redirect
    },
  }
  const grant = await grantBy(harness, asking, app, wanted.handle)
  const access = { ...grant, secrets: grant.secrets ?? {}, app }
  const covered = (await auth.accounts?.(access, harness.call)) ?? [
    { account: await auth.identify(access, harness.call) },
  ]
  const isWanted = (kind: string) => wanted.kind === undefined || kind === wanted.kind
  const found = covered.find(({ account, problem }) => !problem && isWanted(account.kind))
  if (!found) throw new Error(`no account among ${covered.length}`)
  const { platformAccountId: accountId, handle: accountHandle } = found.account
  return {
    accessToken: grant.accessToken,
    tokenType: grant.tokenType,
    secrets: {},
    scopes: grant.scopes,
    accountId,
    accountHandle,
  }
}
