import type { Account, AccountAccess, Authorizer, CoveredAccount } from '../authorizer.ts'
import type { Call, PlatformHosts } from '../call.ts'
import {
  COMMENT_SCOPES,
  type FacebookLogin,
  PORTFOLIO_SCOPE,
  USER_ACCESS,
  userTokenOf,
} from '../meta/facebook-consent.ts'
import {
  facebookLoginParts,
  inspectFacebookToken,
  makeFacebookLogin,
  readPerson,
  withProofOfEnd,
} from '../meta/facebook-login.ts'
import { askGraph } from '../meta/graph.ts'
import type { Inspection } from '../meta/inspect-token.ts'
import { type GraphPage, listPages, pageSchema, readPageToken } from '../meta/pages.ts'

export const FACEBOOK_HOSTS: PlatformHosts = {
  authBaseUrl: 'https://www.facebook.com',
  apiBaseUrl: 'https://graph.facebook.com',
  tokenBaseUrl: 'https://graph.facebook.com',
  uploadBaseUrl: 'https://rupload.facebook.com',
}

const NAMES = { name: 'Facebook', prefix: 'facebook' }

/** https://developers.facebook.com/docs/pages-api/overview */
const PUBLISH_SCOPE = 'pages_manage_posts'
const SCOPES = [
  'pages_show_list',
  PUBLISH_SCOPE,
  'pages_read_engagement',
  COMMENT_SCOPES.facebook,
  PORTFOLIO_SCOPE,
] as const

/** https://developers.facebook.com/docs/pages-api/overview#tasks */
const PUBLISH_TASK = 'CREATE_CONTENT'

/** Page tokens are asked for at once and only when they are missing from the lists. */
const TOKENS_AT_ONCE = 5

/** Pages. Profiles and groups cannot be posted to by an app since 2018 and 2024. */
export function makeFacebookAuthorizer(hosts: PlatformHosts): Authorizer {
  const login = makeFacebookLogin(NAMES, hosts, SCOPES)
  return {
    ...facebookLoginParts(login),
    platform: 'facebook',
    method: 'oauth2',
    refreshModel: 'none',
    identify: (access, call) => identify(login, access, call),
    accounts: (access, call) => accounts(login, access, call),
  }
}

/** The Page by its own token; without `accountId` the person who consented. */
async function identify(login: FacebookLogin, access: AccountAccess, call: Call): Promise<Account> {
  const { accountId, accessToken, app } = access
  if (accountId === undefined) return readPerson(login, access, call)
  const query = { fields: 'id,name,username,category,picture{url}' }
  const asked = { path: `/${accountId}`, query, accessToken, app }
  return withProofOfEnd(login, { access, scope: PUBLISH_SCOPE }, call, async () =>
    toAccount(await askGraph(login.graph, asked, pageSchema, call)),
  )
}

async function accounts(
  login: FacebookLogin,
  access: AccountAccess,
  call: Call,
): Promise<CoveredAccount[]> {
  const person = await readPerson(login, access, call)
  const inspection = await inspectFacebookToken(login, userTokenOf(access), access.app, call)
  if (inspection?.ended) throw inspection.ended
  const scopes = inspection?.scopes ?? access.scopes
  const listed = await listPages(login, access, { scopes }, call)
  const pages = await withTokens(login, access, listed, call)
  return pages.map((page) => {
    const account = { ...toAccount(page), grantorId: person.platformAccountId }
    const problem = problemOf(page)
    if (problem || !page.access_token) return { account, problem }
    const grant = {
      accessToken: page.access_token,
      tokenType: 'bearer',
      secrets: { [USER_ACCESS]: userTokenOf(access) },
      ...(access.expiresAt ? { secretsExpireAt: { [USER_ACCESS]: access.expiresAt } } : {}),
      scopes: scopesOf(page, scopes ?? SCOPES, inspection),
      refreshModel: 'none' as const,
    }
    return { account, grant }
  })
}

/** Lists of portfolios may leave the Pages' tokens out. */
async function withTokens(
  login: FacebookLogin,
  access: AccountAccess,
  listed: readonly GraphPage[],
  call: Call,
): Promise<GraphPage[]> {
  const pages = [...listed]
  const bare = pages.flatMap((page, index) => (page.access_token ? [] : [{ page, index }]))
  for (let start = 0; start < bare.length; start += TOKENS_AT_ONCE) {
    const batch = bare.slice(start, start + TOKENS_AT_ONCE).map(async ({ page, index }) => {
      const token = await readPageToken(login, access, page.id, call)
      pages[index] = { ...page, access_token: token }
    })
    await Promise.all(batch)
  }
  return pages
}

function problemOf(page: GraphPage): CoveredAccount['problem'] {
  if (page.tasks && !page.tasks.includes(PUBLISH_TASK)) {
    const message =
      'Your role on this Page does not allow posting. Ask one of its admins for access to content.'
    return { code: 'facebook_role_insufficient', message }
  }
  if (page.access_token) return undefined
  const message =
    'This Page was not shared with Clarion. Connect again and tick it when Facebook asks for Pages.'
  return { code: 'facebook_page_not_shared', message }
}

/** A person may give a permission for some Pages only. */
function scopesOf(
  page: GraphPage,
  scopes: readonly string[],
  inspection: Inspection | undefined,
): string[] {
  return scopes.filter((scope) => {
    const targets = scope.startsWith('pages_') ? inspection?.targets.get(scope) : undefined
    return targets === undefined || targets.includes(page.id)
  })
}

function toAccount(page: GraphPage): Account {
  return {
    platformAccountId: page.id,
    handle: page.username ?? page.name ?? page.id,
    displayName: page.name ?? null,
    profileImageUrl: page.picture?.data.url ?? null,
    kind: 'page',
    metadata: { category: page.category ?? null },
  }
}
