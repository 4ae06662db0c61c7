import { z } from 'zod'
import { authRevoked, PlatformFailure } from '../../domain/failures.ts'
import type {
  Account,
  AccountAccess,
  AppCredentials,
  AuthorizeRequest,
  Authorizer,
  ExchangeRequest,
  Grant,
  RefreshRequest,
  Revocation,
} from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { tokenHost } from '../hosts.ts'
import type { GraphNames } from './errors.ts'
import { type FacebookLogin, OPTIONAL_SCOPES, userTokenOf } from './facebook-consent.ts'
import { metaId, metaPicture } from './fields.ts'
import { askGraph, GRAPH_VERSION } from './graph.ts'
import { type Inspection, inspectToken } from './inspect-token.ts'
import {
  exchangeCode,
  type MetaToken,
  secretOf,
  tradeToken,
  tryTwice,
  verifyAppCredentials,
} from './token.ts'

/** Removing the app removes every Page and Instagram account this person ever shared with it. */
const FACEBOOK_REVOCATION: Revocation = {
  scope: 'grant',
  platforms: ['facebook', 'instagram'],
}

const TOKEN_PATH = `/${GRAPH_VERSION}/oauth/access_token`

export function makeFacebookLogin(
  names: GraphNames,
  hosts: PlatformHosts,
  scopes: readonly string[],
): FacebookLogin {
  const baseUrl = urlBelow(hosts.apiBaseUrl, `/${GRAPH_VERSION}`).href
  return { names, hosts, scopes, graph: { names, baseUrl, provesSecret: true } }
}

/** What Pages and the Instagram accounts behind them share: one dialog, one grant, one app. */
export function facebookLoginParts(login: FacebookLogin) {
  return {
    appKey: 'facebook',
    revocation: FACEBOOK_REVOCATION,
    scopes: login.scopes,
    missingScopes: (granted) =>
      login.scopes.filter((scope) => !OPTIONAL_SCOPES.has(scope) && !granted.includes(scope)),
    authorizationUrl: async (request) => ({ url: facebookConsentUrl(login, request) }),
    exchange: (request, call) => exchangeFacebookCode(login, request, call),
    revoke: (request, call) => revokeFacebookGrant(login, request, call),
    verifyApp: (app, call) => verifyFacebookApp(login, app, call),
  } satisfies Partial<Authorizer>
}

/** Scopes go with commas, and declined ones are asked for again only on request. */
function facebookConsentUrl(login: FacebookLogin, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : login.scopes
  return urlBelow(login.hosts.authBaseUrl, `/${GRAPH_VERSION}/dialog/oauth`, {
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: scopes.join(','),
    state: request.state,
    auth_type: request.isReconnect ? 'rerequest' : undefined,
  })
}

/** Code → token of an hour → token of 60 days, from which Pages' endless tokens come. */
async function exchangeFacebookCode(
  login: FacebookLogin,
  request: ExchangeRequest,
  call: Call,
): Promise<Grant> {
  const { names, hosts } = login
  const url = urlBelow(tokenHost(hosts), TOKEN_PATH)
  const short = await exchangeCode({ names, issuer: hosts.authBaseUrl, url }, request, call)
  return extend(login, request.app, short.accessToken, call)
}

/** The same exchange again gives another 60 days, as long as the token still lives. */
export async function extendFacebookToken(
  login: FacebookLogin,
  request: RefreshRequest,
  call: Call,
): Promise<Grant> {
  const app = request.app ?? { clientId: '' }
  return extend(login, app, userTokenOf(request), call)
}

/** Takes Clarion out of the person's apps, unless it is out already. */
async function revokeFacebookGrant(
  login: FacebookLogin,
  request: RefreshRequest,
  call: Call,
): Promise<void> {
  const accessToken = userTokenOf(request)
  const asked = {
    method: 'DELETE' as const,
    path: '/me/permissions',
    accessToken,
    app: request.app,
  }
  try {
    await askGraph(login.graph, asked, z.unknown(), call)
  } catch (error) {
    const isOver = error instanceof PlatformFailure && error.kind === 'auth_revoked'
    if (!isOver) throw error
  }
}

function verifyFacebookApp(
  { names, hosts }: FacebookLogin,
  app: AppCredentials,
  call: Call,
): Promise<void> {
  return verifyAppCredentials(names, { host: tokenHost(hosts), path: TOKEN_PATH }, app, call)
}

const personSchema = z.object({
  id: metaId,
  name: z.string().optional(),
  picture: metaPicture,
})

/** The person who consented; no account that could be posted to. */
export async function readPerson(
  { graph }: FacebookLogin,
  access: AccountAccess,
  call: Call,
): Promise<Account> {
  const query = { fields: 'id,name,picture' }
  const asked = { path: '/me', query, accessToken: userTokenOf(access), app: access.app }
  const person = await askGraph(graph, asked, personSchema, call)
  return {
    platformAccountId: person.id,
    handle: person.name ?? person.id,
    displayName: person.name ?? null,
    profileImageUrl: person.picture?.data.url ?? null,
    kind: 'personal',
    grantorId: person.id,
  }
}

/** What a token is worth, where the app's secret is known. */
export async function inspectFacebookToken(
  { graph }: FacebookLogin,
  token: string,
  app: AppCredentials | undefined,
  call: Call,
): Promise<Inspection | undefined> {
  if (app?.clientSecret === undefined) return undefined
  return inspectToken(graph, token, `${app.clientId}|${app.clientSecret}`, call)
}

/**
 * Meta answers 100/33 for an account that is gone and now and then for one that is not: only the
 * token itself proves that it no longer covers the account. Otherwise the failure stays as it was.
 */
export async function withProofOfEnd<Result>(
  login: FacebookLogin,
  { access, scope }: { access: AccountAccess; scope: string },
  call: Call,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!isNotFound(login, error)) throw error
    const inspection = await inspectFacebookToken(login, access.accessToken, access.app, call)
    if (inspection?.ended) throw inspection.ended
    const targets = inspection?.targets.get(scope)
    if (!targets || !access.accountId || targets.includes(access.accountId)) throw error
    throw authRevoked({
      code: `${login.names.prefix}_account_not_shared`,
      message: 'The account is no longer shared with Clarion. Connect again and tick it there.',
      cause: error,
    })
  }
}

function isNotFound(login: FacebookLogin, error: unknown): boolean {
  return error instanceof PlatformFailure && error.code === `${login.names.prefix}_not_found`
}

async function extend(
  login: FacebookLogin,
  app: AppCredentials,
  token: string,
  call: Call,
): Promise<Grant> {
  const url = urlBelow(tokenHost(login.hosts), TOKEN_PATH, {
    grant_type: 'fb_exchange_token',
    client_id: app.clientId,
    client_secret: secretOf(login.names, app),
    fb_exchange_token: token,
  })
  const long = await tryTwice(() => tradeToken(login.names, url, call))
  const inspection = await tryTwice(() => inspectFacebookToken(login, long.accessToken, app, call))
  if (inspection?.ended) throw inspection.ended
  return toGrant(login, long, inspection)
}

/** The exchange may leave out when the token ends, and never says what the person ticked. */
function toGrant(
  login: FacebookLogin,
  { accessToken, expiresAt }: MetaToken,
  inspection: Inspection | undefined,
): Grant {
  const endsAt = expiresAt ?? inspection?.expiresAt
  return {
    accessToken,
    tokenType: 'bearer',
    ...(endsAt ? { expiresAt: endsAt } : {}),
    scopes: inspection?.scopes ?? login.scopes,
  }
}
