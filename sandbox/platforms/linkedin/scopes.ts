import type { LinkedinApp } from './store.ts'

/** The self-serve products: Sign In with LinkedIn, Share on LinkedIn. */
const SELF_SERVE = 'openid profile email w_member_social'.split(' ')

/** https://learn.microsoft.com/linkedin/marketing/increasing-access : after a review. */
const REVIEWED = `r_basicprofile w_organization_social r_organization_social rw_organization_admin
  r_organization_admin w_member_social_feed r_member_social_feed w_organization_social_feed
  r_organization_social_feed r_member_postAnalytics r_member_profileAnalytics`.split(/\s+/)

/** Known, and given to no app here. */
const CLOSED = ['r_member_social']

/**
 * What of a request an app can get: scopes it lacks vanish without a word. Undefined when a scope
 * is none of LinkedIn's, which is an error.
 */
export function grantable(app: LinkedinApp, text: string): string[] | undefined {
  const asked = [...new Set(text.split(' ').filter((one) => one !== ''))]
  const all = [...SELF_SERVE, ...REVIEWED, ...CLOSED]
  if (asked.length === 0 || !asked.every((one) => all.includes(one))) return undefined
  const own = app.approved ? [...SELF_SERVE, ...REVIEWED] : SELF_SERVE
  return asked.filter((one) => own.includes(one)).sort()
}
