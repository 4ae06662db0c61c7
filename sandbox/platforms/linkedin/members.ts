import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import type { LinkedinStore } from './store.ts'
import { authorize } from './tokens.ts'

const LOCALE = { country: 'US', language: 'en' }

/**
 * GET /v2/userinfo:
 * https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
 */
export function showUserinfo(store: LinkedinStore, req: ApiRequest): Answer {
  const need = { anyOf: ['openid'], method: 'userinfo.GET.NO_VERSION' }
  const { account_id, scopes } = authorize(store, req, need)
  const { first, last, name, handle } = nameOf(store, account_id)
  const profile = {
    name,
    given_name: first,
    family_name: last,
    picture: `https://media.licdn.com/dms/image/v2/${account_id}/profile-displayphoto-shrink_100_100`,
    locale: LOCALE,
  }
  return json(200, {
    sub: account_id,
    ...(scopes.includes('profile') ? profile : {}),
    ...(scopes.includes('email') ? { email: `${handle}@example.com`, email_verified: true } : {}),
  })
}

/** GET /v2/me: https://learn.microsoft.com/linkedin/shared/integrations/people/profile-api */
export function showMe(store: LinkedinStore, req: ApiRequest): Answer {
  const need = { anyOf: ['r_basicprofile'], method: 'me.GET.NO_VERSION' }
  const { account_id } = authorize(store, req, need)
  const { first, last, handle } = nameOf(store, account_id)
  return json(200, {
    id: account_id,
    localizedFirstName: first,
    localizedLastName: last,
    localizedHeadline: '',
    vanityName: handle,
    firstName: localized(first),
    lastName: localized(last),
    profilePicture: { displayImage: `urn:li:digitalmediaAsset:${account_id}` },
  })
}

function localized(text: string): unknown {
  return { localized: { en_US: text }, preferredLocale: LOCALE }
}

function nameOf(store: LinkedinStore, accountId: string) {
  const account = store.state.accounts.byId('linkedin', accountId)
  const name = account?.display_name ?? ''
  const [first = '', ...rest] = name.split(' ')
  return { name, first, last: rest.join(' '), handle: account?.handle ?? '' }
}
