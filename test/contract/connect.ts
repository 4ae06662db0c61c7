import type {
  AccountAccess,
  AppCredentials,
  Authorizer,
  CoveredAccount,
  Grant,
} from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import type { AccountLimits } from '../../platforms/connector.ts'
import { readAccountLimits } from '../../platforms/registry.ts'
import { connectByOauth, grantBy, type Harness } from '../connectors/harness.ts'
import type { Subject } from './subjects.ts'

/** A connected account as the worker knows it. */
export interface Connection {
  auth: Authorizer
  app: AppCredentials | undefined
  grant: Grant
  access: Access
  limits: AccountLimits
}

interface Consent {
  app?: AppCredentials
  grant: Grant
}

/** Connects the subject's account anew, as the connect page does. */
export async function connect(harness: Harness, subject: Subject): Promise<Connection> {
  const { registry, connector, call } = harness
  const method = subject.method ?? connector.auth.method
  const auth = registry.authorizer(subject.platform, method)
  if (auth === undefined) throw new Error(`${subject.title} has no way ${method}`)
  const { app, grant } = await consent(harness, auth, subject)
  const known: AccountAccess = { ...grant, secrets: grant.secrets ?? {}, ...(app ? { app } : {}) }
  const covered: CoveredAccount[] = (await auth.accounts?.(known, call)) ?? [
    { account: await auth.identify(known, call) },
  ]
  const found = covered.find(
    ({ account, problem }) => !problem && [account.kind, undefined].includes(subject.accountKind),
  )
  if (found === undefined) throw new Error(`no account among ${covered.length}`)
  const own = found.grant ?? grant
  const limits = readAccountLimits(found.account.metadata)
  return { auth, app, grant: own, limits, access: accessOf(found, own, method) }
}

function accessOf({ account }: CoveredAccount, grant: Grant, method: string): Access {
  const serviceUrl = account.serviceUrl ?? grant.serviceUrl
  return {
    accessToken: grant.accessToken,
    tokenType: grant.tokenType,
    secrets: grant.secrets ?? {},
    scopes: grant.scopes,
    accountId: account.platformAccountId,
    accountHandle: account.handle,
    method,
    ...(account.metadata ? { metadata: account.metadata } : {}),
    ...(serviceUrl === undefined ? {} : { serviceUrl }),
  }
}

async function consent(harness: Harness, auth: Authorizer, subject: Subject): Promise<Consent> {
  const { call, url } = harness
  if (auth.withCredentials && !auth.authorizationUrl) {
    const credentials = await harness.credentials(subject.person)
    return { grant: await auth.withCredentials(credentials, call) }
  }
  if (auth.registerApp) {
    const redirectUri = `http://127.0.0.1:3000/oauth/callback/${auth.platform}`
    const app = await auth.registerApp(url, redirectUri, call)
    const { grant } = await connectByOauth(harness, app, subject.person, url)
    return { app, grant }
  }
  const app = {
    clientId: `sandbox-${auth.appKey}-client`,
    clientSecret: `sbx_secret_${auth.appKey}_client_secret`,
  }
  return { app, grant: await grantBy(harness, askingFor(auth, subject), app, subject.person) }
}

/** The same authorizer, asking for the subject's scopes too. */
function askingFor(auth: Authorizer, { scopes = [] }: Subject): Authorizer {
  const asked = [...auth.scopes, ...scopes]
  return {
    ...auth,
    authorizationUrl: async (request, call) => {
      const redirect = await auth.authorizationUrl?.({ ...request, scopes: asked }, call)
      if (redirect === undefined) throw new Error('no redirect flow')
      return redirect
    },
  }
}

/** Trades the connection's refresh token; undefined when nothing can be traded. */
export async function refresh(harness: Harness, from: Connection): Promise<Connection | undefined> {
  const { auth, app, grant, access } = from
  if (auth.refresh === undefined) return undefined
  const { accessToken, tokenType, secrets, accountId, scopes, serviceUrl } = access
  const request = {
    ...(app ? { app } : {}),
    ...(grant.refreshToken === undefined ? {} : { refreshToken: grant.refreshToken }),
    ...(grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt }),
    ...(serviceUrl === undefined ? {} : { serviceUrl }),
    ...{ accessToken, tokenType, secrets, accountId, scopes },
  }
  const fresh = await auth.refresh(request, harness.call)
  const newSecrets = { ...secrets, ...fresh.secrets }
  const grantNow = { ...grant, ...fresh }
  return {
    ...from,
    grant: grantNow,
    access: { ...access, accessToken: fresh.accessToken, secrets: newSecrets },
  }
}
