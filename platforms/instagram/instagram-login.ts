import { z } from 'zod'
import { authRevoked } from '../../domain/failures.ts'
import type {
  Account,
  AccountAccess,
  AuthorizeRequest,
  Authorizer,
  CoveredAccount,
  ExchangeRequest,
  Grant,
  RefreshRequest,
} from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { tokenHost } from '../hosts.ts'
import { metaId } from '../meta/fields.ts'
import { askGraph, GRAPH_VERSION, type Graph } from '../meta/graph.ts'
import { exchangeCode, type MetaToken, secretOf, tradeToken, tryTwice } from '../meta/token.ts'

const NAMES = { name: 'Instagram', prefix: 'instagram' }

/** First comments; everything else works without it. */
const COMMENT_SCOPE = 'instagram_business_manage_comments'

/** https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login */
const SCOPES = [
  'instagram_business_basic',
  'instagram_business_content_publish',
  COMMENT_SCOPE,
] as const

const USER_FIELDS = 'user_id,username,name,profile_picture_url,account_type'

const userSchema = z.object({
  user_id: metaId,
  username: z.string(),
  name: z.string().optional(),
  profile_picture_url: z.string().optional(),
  account_type: z.string().optional(),
})

/** Flat as it is, or in a list as documented. */
const answerSchema = z.union([
  userSchema,
  z.object({ data: z.tuple([userSchema]) }).transform(({ data: [user] }) => user),
])

type InstagramUser = z.output<typeof userSchema>

/**
 * One professional account by its own login, without a Page. The token lives 60 days and renews
 * itself; Instagram documents no way to revoke it and none to delete posts with it.
 */
export function makeInstagramLoginAuthorizer(hosts: PlatformHosts): Authorizer {
  const baseUrl = urlBelow(hosts.apiBaseUrl, `/${GRAPH_VERSION}`).href
  const graph = { names: NAMES, baseUrl, provesSecret: false }
  return {
    platform: 'instagram',
    method: 'instagram_login',
    appKey: 'instagram',
    refreshModel: 'extension',
    scopes: SCOPES,
    missingScopes: (granted) =>
      SCOPES.filter((scope) => scope !== COMMENT_SCOPE && !granted.includes(scope)),
    authorizationUrl: async (request) => ({ url: authorizationUrl(hosts, request) }),
    exchange: (request, call) => exchange(hosts, request, call),
    refresh: (request, call) => refresh(hosts, request, call),
    identify: async (access, call) => toAccount(await readUser(graph, access, call)),
    accounts: async (access, call) => [toCovered(await readUser(graph, access, call))],
  }
}

function authorizationUrl(hosts: PlatformHosts, request: AuthorizeRequest): URL {
  const scopes = request.scopes.length > 0 ? request.scopes : SCOPES
  return urlBelow(hosts.authBaseUrl, '/oauth/authorize', {
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: scopes.join(','),
    state: request.state,
    force_reauth: request.isReconnect ? 'true' : undefined,
  })
}

/** Code → token of an hour → token of 60 days, the latter from the API host. */
async function exchange(hosts: PlatformHosts, request: ExchangeRequest, call: Call) {
  const url = urlBelow(tokenHost(hosts), '/oauth/access_token')
  const issuer = hosts.authBaseUrl
  const short = await exchangeCode({ names: NAMES, issuer, url }, request, call)
  const longUrl = urlBelow(hosts.apiBaseUrl, '/access_token', {
    grant_type: 'ig_exchange_token',
    client_secret: secretOf(NAMES, request.app),
    access_token: short.accessToken,
  })
  const long = await tryTwice(() => tradeToken(NAMES, longUrl, call))
  return toGrant(long, short.permissions ?? SCOPES)
}

function refresh(hosts: PlatformHosts, request: RefreshRequest, call: Call): Promise<Grant> {
  const url = urlBelow(hosts.apiBaseUrl, '/refresh_access_token', {
    grant_type: 'ig_refresh_token',
    access_token: request.accessToken,
  })
  return tradeToken(NAMES, url, call).then((token) => toGrant(token, request.scopes ?? SCOPES))
}

function toGrant({ accessToken, expiresAt, permissions }: MetaToken, scopes: readonly string[]) {
  return {
    accessToken,
    tokenType: 'bearer',
    ...(expiresAt ? { expiresAt } : {}),
    scopes: permissions ?? scopes,
  }
}

async function readUser(graph: Graph, access: AccountAccess, call: Call): Promise<InstagramUser> {
  const { accessToken, accountId } = access
  const asked = { path: '/me', query: { fields: USER_FIELDS }, accessToken }
  const user = await askGraph(graph, asked, answerSchema, call)
  if (accountId === undefined || user.user_id === accountId) return user
  const message =
    'The access belongs to another Instagram account now. Please connect this one again.'
  throw authRevoked({ code: 'instagram_account_changed', message })
}

/** Clarion cannot post to personal accounts, and Instagram may let them through the consent. */
function toCovered(user: InstagramUser): CoveredAccount {
  const account = toAccount(user)
  if (account.kind !== 'personal') return { account }
  const message =
    'This is a personal Instagram account. Change it to a business or creator account in its settings, then connect again.'
  return { account, problem: { code: 'instagram_personal_account', message } }
}

/** `BUSINESS`, `MEDIA_CREATOR` and `CREATOR`, `PERSONAL`. */
function kindOf(accountType: string | undefined): string {
  const type = accountType?.toUpperCase() ?? ''
  if (type === 'PERSONAL') return 'personal'
  return type.endsWith('CREATOR') ? 'creator' : 'business'
}

function toAccount(user: InstagramUser): Account {
  return {
    platformAccountId: user.user_id,
    handle: user.username,
    displayName: user.name ?? null,
    profileImageUrl: user.profile_picture_url ?? null,
    kind: kindOf(user.account_type),
  }
}
