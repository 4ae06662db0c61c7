import type { Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import { grantBy, type Harness } from './harness.ts'

const APPS: Readonly<Record<string, { clientId: string; clientSecret: string }>> = {
  facebook: {
    clientId: 'sandbox-facebook-client',
    clientSecret: 'sbx_secret_facebook_client_secret',
  },
  instagram: {
    clientId: 'sandbox-instagram-client',
    clientSecret: 'sbx_secret_instagram_client_secret',
  },
  threads: {
    clientId: 'sandbox-threads-client',
    clientSecret: 'sbx_secret_threads_client_secret',
  },
}

/** The first account that may be posted to, of those that a person's consent covers. */
export async function metaAccess(
  harness: Harness,
  handle: string,
  method = harness.connector.auth.method,
): Promise<Access> {
  const { registry, connector, call } = harness
  const auth = registry.authorizer(connector.platform, method)
  const app = APPS[auth?.appKey ?? '']
  if (!auth || !app) throw new Error(`no way ${method}`)
  const grant = await grantBy(harness, auth, app, handle)
  const { accessToken, tokenType, secrets = {}, scopes } = grant
  const access = { accessToken, tokenType, secrets, scopes, app }
  const covered = (await auth.accounts?.(access, call)) ?? [
    { account: await auth.identify(access, call) },
  ]
  const found = covered.find(({ problem }) => problem === undefined)
  if (!found) throw new Error('no account')
  return toAccess(found.account, found.grant ?? grant, method)
}

function toAccess(
  account: { platformAccountId: string; handle: string },
  grant: Pick<Grant, 'accessToken' | 'tokenType' | 'secrets' | 'scopes'>,
  method: string,
): Access {
  const { accessToken, tokenType, secrets = {}, scopes } = grant
  const { platformAccountId: accountId, handle: accountHandle } = account
  return { accessToken, tokenType, secrets, scopes, accountId, accountHandle, method }
}
