import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { subjectOf } from './id-token.ts'
import { EMAIL, OPENID, PROFILE } from './scopes.ts'
import type { GoogleSite } from './site.ts'
import { authorize } from './tokens.ts'

/** GET /oauth2/v3/userinfo: https://developers.google.com/identity/openid-connect/openid-connect */
export function showUserinfo(site: GoogleSite, req: ApiRequest): Answer {
  const { person, scopes } = authorize(site, req, [OPENID, EMAIL, PROFILE])
  const account = site.store.state.accounts.byHandle(site.platform, person)
  const name = account?.display_name ?? person
  const [given_name, ...rest] = name.split(' ')
  const sub = subjectOf(person)
  const picture = `https://lh3.googleusercontent.com/a/${sub}=s96-c`
  const family = rest.length === 0 ? {} : { family_name: rest.join(' ') }
  return json(200, {
    sub,
    ...(scopes.includes(PROFILE) ? { name, given_name, ...family, picture } : {}),
    ...(scopes.includes(EMAIL) ? { email: `${person}@example.com`, email_verified: true } : {}),
  })
}
