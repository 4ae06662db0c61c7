import type { AccountAccess } from '../authorizer.ts'
import type { PlatformHosts } from '../call.ts'
import type { GraphNames } from './errors.ts'
import type { Graph } from './graph.ts'

/**
 * Facebook Login for Business, through which Pages and the Instagram accounts behind them connect:
 * https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 */
export interface FacebookLogin {
  names: GraphNames
  /** Facebook's, whatever connects through them. */
  hosts: PlatformHosts
  graph: Graph
  scopes: readonly string[]
}

/** Kind of secret under which a Page's connection keeps the token of the person behind it. */
export const USER_ACCESS = 'user_access'

/** Lists Pages of business portfolios; Pages that a person has a role on work without it. */
export const PORTFOLIO_SCOPE = 'business_management'

/** First comments; everything else works without them. */
export const COMMENT_SCOPES = {
  facebook: 'pages_manage_engagement',
  instagram: 'instagram_manage_comments',
} as const

/** What a consent may lack and still let Clarion publish. */
export const OPTIONAL_SCOPES: ReadonlySet<string> = new Set([
  PORTFOLIO_SCOPE,
  ...Object.values(COMMENT_SCOPES),
])

/** A Page's connection holds two tokens; everything about the consent goes by the person's. */
export function userTokenOf({
  accessToken,
  secrets,
}: Pick<AccountAccess, 'accessToken' | 'secrets'>) {
  return secrets[USER_ACCESS] ?? accessToken
}
