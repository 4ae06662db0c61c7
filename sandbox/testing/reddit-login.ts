import { call, pick, type Reply } from './http.ts'

export const CLIENT: [string, string] = ['sandbox-reddit-client', 'sbx_secret_reddit_client_secret']
export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/reddit'
export const SCOPES = 'identity submit read flair mysubreddits'
/** Reddit wants to know who calls. */
export const AGENT = { 'user-agent': 'test:sandbox:v1 (by /u/alice)' }

export function authorizeUrl(base: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT[0],
    redirect_uri: REDIRECT_URI,
    scope: SCOPES,
    state: 'state-1',
    duration: 'permanent',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${base}/reddit/api/v1/authorize?${query}`
}

export async function consent(base: string, changes: Record<string, string> = {}): Promise<string> {
  const { headers } = await call(authorizeUrl(base, changes))
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

/** POST to one of the OAuth routes, as a client that names itself. */
export function post(
  base: string,
  route: 'access_token' | 'revoke_token',
  form: Record<string, string>,
  basic = CLIENT,
): Promise<Reply> {
  return call(`${base}/reddit/api/v1/${route}`, { form, basic, headers: AGENT })
}

export function exchange(base: string, code: string, redirect_uri = REDIRECT_URI): Promise<Reply> {
  return post(base, 'access_token', { grant_type: 'authorization_code', code, redirect_uri })
}

export function refresh(base: string, refresh_token: string): Promise<Reply> {
  return post(base, 'access_token', { grant_type: 'refresh_token', refresh_token })
}

export function get(base: string, path: string, bearer: string): Promise<Reply> {
  return call(`${base}/reddit${path}`, { bearer, headers: AGENT })
}

export async function login(
  base: string,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string }> {
  const { body } = await exchange(base, await consent(base, changes))
  return { access: pick(body, 'access_token'), refresh: pick(body, 'refresh_token') }
}
