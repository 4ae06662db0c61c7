import { call, type Reply } from './http.ts'
import { login, MEMBER_SCOPES, memberId } from './linkedin-login.ts'

const HEADERS = { 'linkedin-version': '202608', 'x-restli-protocol-version': '2.0.0' }
const ORGANIZATION_SCOPES =
  'r_basicprofile rw_organization_admin w_organization_social r_organization_social'

export interface Publisher {
  url: string
  access: string
  /** URN of the member. */
  person: string
  /** URN of the organization that alice administers. */
  organization: string
}

/** A login that may write for the member and for organizations. */
export async function publisher(url: string, handle = 'alice'): Promise<Publisher> {
  const scope = `${MEMBER_SCOPES} ${ORGANIZATION_SCOPES}`
  const { access } = await login(url, { sandbox_account: handle, scope })
  const person = `urn:li:person:${await memberId(url, access)}`
  return { url, access, person, organization: 'urn:li:organization:100200300' }
}

/** A call of the versioned API; `json` makes it a POST. */
export function rest(
  { url, access }: Publisher,
  path: string,
  more: { json?: unknown; method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const headers = { ...HEADERS, ...more.headers }
  return call(`${url}/linkedin/rest${path}`, { ...more, bearer: access, headers })
}

export function postOf(author: string, commentary: string, more: object = {}): object {
  return {
    author,
    commentary,
    visibility: 'PUBLIC',
    distribution: {
      feedDistribution: 'MAIN_FEED',
      targetEntities: [],
      thirdPartyDistributionChannels: [],
    },
    lifecycleState: 'PUBLISHED',
    isReshareDisabledByAuthor: false,
    ...more,
  }
}

/** Creates a post and returns its URN. */
export async function publish(who: Publisher, json: object): Promise<string> {
  const { status, body, headers } = await rest(who, '/posts', { json })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return headers.get('x-restli-id') ?? ''
}
