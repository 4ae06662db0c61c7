const PREFIX = 'https://www.googleapis.com/auth/'

/** https://developers.google.com/identity/protocols/oauth2/scopes */
const NAMES = `youtube youtube.readonly youtube.upload youtube.force-ssl youtubepartner
  yt-analytics.readonly yt-analytics-monetary.readonly business.manage plus.business.manage
  userinfo.email userinfo.profile`.split(/\s+/)
const KNOWN = new Set([...NAMES.map((name) => `${PREFIX}${name}`), 'openid'])
const SHORT: Record<string, string> = { email: 'userinfo.email', profile: 'userinfo.profile' }

export const OPENID = 'openid'
export const EMAIL = scope('userinfo.email')
export const PROFILE = scope('userinfo.profile')

/** Who signs in is not a choice on the consent page. */
const SIGN_IN = new Set([OPENID, EMAIL, PROFILE])

/** The full address of a scope. */
export function scope(name: string): string {
  return `${PREFIX}${name}`
}

/** Scopes of a request, `email` and `profile` in their long form; undefined when one is unknown. */
export function readScopes(text: string): string[] | undefined {
  const asked = text.split(' ').filter((one) => one !== '')
  const full = asked.map((one) => (SHORT[one] === undefined ? one : scope(SHORT[one])))
  return full.every((one) => KNOWN.has(one)) ? [...new Set(full)] : undefined
}

/** What is left of a request after the person unticked scopes; null = nothing unticked. */
export function tickedOf(asked: readonly string[], ticked: string | null): string[] {
  if (ticked === null) return [...asked]
  const names = ticked.split(',').map((one) => one.trim())
  return asked.filter(
    (one) => SIGN_IN.has(one) || names.includes(one) || names.includes(one.slice(PREFIX.length)),
  )
}
