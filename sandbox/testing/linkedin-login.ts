import { builtInClient } from '../oauth/clients.ts'
import { BASIC_CLIENT } from '../platforms/linkedin/linkedin.ts'
import { call, pick, type Reply } from './http.ts'

export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/linkedin'
export const MEMBER_SCOPES = 'openid profile email w_member_social'
export const ALL_SCOPES = `${MEMBER_SCOPES} r_basicprofile rw_organization_admin`
export const BASIC = BASIC_CLIENT
const CLIENT = builtInClient('linkedin')
const VERSION_HEADERS = {
  'linkedin-version': '202608',
  'x-restli-protocol-version': '2.0.0',
}

/** An authorization request that answers itself; `changes` replace parameters. */
export function authorizeUrl(url: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT.client_id,
    redirect_uri: REDIRECT_URI,
    state: 'state-1',
    scope: ALL_SCOPES,
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${url}/linkedin/oauth/v2/authorization?${query}`
}

/** The parameters of the redirect. */
export async function consent(
  url: string,
  changes: Record<string, string> = {},
): Promise<Record<string, string>> {
  const { headers } = await call(authorizeUrl(url, changes))
  return Object.fromEntries(new URL(headers.get('location') ?? 'http://none').searchParams)
}

/** A form with the client of the approved app. */
export function post(url: string, path: string, form: Record<string, string>): Promise<Reply> {
  return call(`${url}/linkedin/oauth/v2/${path}`, { form: { ...CLIENT, ...form } })
}

export function exchange(
  url: string,
  code: string,
  changes: Record<string, string> = {},
): Promise<Reply> {
  const grant = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }
  return post(url, 'accessToken', { ...grant, code, ...changes })
}

export function refresh(url: string, token: string): Promise<Reply> {
  return post(url, 'accessToken', { grant_type: 'refresh_token', refresh_token: token })
}

/** Consent and exchange in one, with the approved app. */
export async function login(
  url: string,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string }> {
  const { code = '' } = await consent(url, changes)
  const { body } = await exchange(url, code)
  return { access: pick(body, 'access_token'), refresh: pick(body, 'refresh_token') }
}

/** A call of the API; `headers` of undefined means the version headers. */
export function get(
  url: string,
  bearer: string | undefined,
  path: string,
  headers: Record<string, string> = VERSION_HEADERS,
): Promise<Reply> {
  return call(`${url}/linkedin${path}`, { bearer, headers })
}

/** The member id, which is the account id of the control interface. */
export async function memberId(url: string, bearer: string): Promise<string> {
  return pick((await get(url, bearer, '/v2/userinfo')).body, 'sub')
}
