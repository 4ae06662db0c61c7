import type { z } from 'zod'
import type { Account, AccountAccess, Authorizer, CoveredAccount } from '../authorizer.ts'
import type { Call, PlatformHosts } from '../call.ts'
import {
  COMMENT_SCOPES,
  type FacebookLogin,
  PORTFOLIO_SCOPE,
  userTokenOf,
} from '../meta/facebook-consent.ts'
import {
  extendFacebookToken,
  facebookLoginParts,
  inspectFacebookToken,
  makeFacebookLogin,
  readPerson,
  withProofOfEnd,
} from '../meta/facebook-login.ts'
import { askGraph } from '../meta/graph.ts'
import type { Inspection } from '../meta/inspect-token.ts'
import { type GraphPage, instagramUserSchema, listPages } from '../meta/pages.ts'

/** People consent at Facebook; the codes are those of an Instagram connection. */
const NAMES = { name: 'Facebook', prefix: 'instagram' }

const READ_SCOPE = 'instagram_basic'
const PUBLISH_SCOPE = 'instagram_content_publish'

/** https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login */
const SCOPES = [
  READ_SCOPE,
  PUBLISH_SCOPE,
  'instagram_manage_contents',
  COMMENT_SCOPES.instagram,
  'pages_show_list',
  'pages_read_engagement',
  PORTFOLIO_SCOPE,
] as const

const USER_FIELDS = 'id,username,name,profile_picture_url'
/** Either lets a person publish to the account behind a Page. */
const PUBLISH_TASKS = ['CREATE_CONTENT', 'MANAGE']

type InstagramUser = z.output<typeof instagramUserSchema>

/**
 * Professional accounts behind Pages. They live on the person's token and its extension: with a
 * Page's endless token, reading containers and posts fails at times with 100/33.
 */
export function makeFacebookLoginAuthorizer(facebookHosts: PlatformHosts): Authorizer {
  const login = makeFacebookLogin(NAMES, facebookHosts, SCOPES)
  return {
    ...facebookLoginParts(login),
    platform: 'instagram',
    method: 'facebook_login',
    refreshModel: 'extension',
    refresh: (request, call) => extendFacebookToken(login, request, call),
    identify: (access, call) => identify(login, access, call),
    accounts: (access, call) => accounts(login, access, call),
  }
}

/** The Instagram account; without `accountId` the person who consented. */
async function identify(login: FacebookLogin, access: AccountAccess, call: Call): Promise<Account> {
  const { accountId, accessToken, app, parentAccountId } = access
  if (accountId === undefined) return readPerson(login, access, call)
  const asked = { path: `/${accountId}`, query: { fields: USER_FIELDS }, accessToken, app }
  return withProofOfEnd(login, { access, scope: READ_SCOPE }, call, async () => {
    const user = await askGraph(login.graph, asked, instagramUserSchema, call)
    return { ...toAccount(user), ...(parentAccountId ? { parentAccountId } : {}) }
  })
}

/**
 * Accounts that can be connected first. Pages without one are listed behind them with the reason:
 * the missing link is what most often keeps people from connecting, and nothing else says so.
 */
async function accounts(
  login: FacebookLogin,
  access: AccountAccess,
  call: Call,
): Promise<CoveredAccount[]> {
  const person = await readPerson(login, access, call)
  const inspection = await inspectFacebookToken(login, userTokenOf(access), access.app, call)
  if (inspection?.ended) throw inspection.ended
  const scopes = inspection?.scopes ?? access.scopes
  const moreFields = `instagram_business_account{${USER_FIELDS}}`
  const pages = await listPages(login, access, { scopes, moreFields }, call)
  const covered = new Map<string, CoveredAccount>()
  for (const page of pages) {
    const one = toCovered(page, scopes, inspection)
    const known = covered.get(one.account.platformAccountId)
    if (!known || (known.problem && !one.problem)) {
      const account = { ...one.account, grantorId: person.platformAccountId }
      covered.set(account.platformAccountId, { ...one, account })
    }
  }
  const list = [...covered.values()]
  return [...list.filter((one) => !one.problem), ...list.filter((one) => one.problem)]
}

function toCovered(
  page: GraphPage,
  scopes: readonly string[] | undefined,
  inspection: Inspection | undefined,
): CoveredAccount {
  const user = page.instagram_business_account
  if (!user) return { account: toPageAccount(page), problem: unlinked(scopes) }
  const account = {
    ...toAccount(user),
    parentAccountId: page.id,
    metadata: { facebook_page_id: page.id, facebook_page_name: page.name ?? null },
  }
  const problem = problemOf(page, user, inspection)
  return problem ? { account, problem } : { account }
}

function unlinked(scopes: readonly string[] | undefined): CoveredAccount['problem'] {
  if (scopes?.includes(READ_SCOPE) === false) {
    const message =
      'Clarion may not see Instagram accounts. Connect again and leave the Instagram permissions ticked.'
    return { code: 'instagram_permission_missing', message }
  }
  const message =
    'No Instagram business or creator account is linked to this Page, or it was not ticked. Link it in the Page’s settings at Facebook, then connect again.'
  return { code: 'instagram_account_not_linked', message }
}

function problemOf(
  page: GraphPage,
  user: InstagramUser,
  inspection: Inspection | undefined,
): CoveredAccount['problem'] {
  if (page.tasks && !PUBLISH_TASKS.some((task) => page.tasks?.includes(task))) {
    const message =
      'Your role on the Page behind this account does not allow posting. Ask one of its admins for access to content.'
    return { code: 'instagram_role_insufficient', message }
  }
  if (inspection?.targets.get(PUBLISH_SCOPE)?.includes(user.id) !== false) return undefined
  const message = 'This account was not shared with Clarion. Connect again and tick it at Facebook.'
  return { code: 'instagram_account_not_shared', message }
}

/** Facebook does not tell creators from businesses: its API calls both a business account. */
function toAccount(user: InstagramUser): Account {
  return {
    platformAccountId: user.id,
    handle: user.username ?? user.name ?? user.id,
    displayName: user.name ?? null,
    profileImageUrl: user.profile_picture_url ?? null,
    kind: 'business',
  }
}

function toPageAccount(page: GraphPage): Account {
  return {
    platformAccountId: page.id,
    handle: page.username ?? page.name ?? page.id,
    displayName: page.name ?? null,
    profileImageUrl: page.picture?.data.url ?? null,
    kind: 'page',
  }
}
