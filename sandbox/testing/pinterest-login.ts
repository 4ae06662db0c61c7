import { call, pick, type Reply } from './http.ts'

export const CLIENT: [string, string] = [
  'sandbox-pinterest-client',
  'sbx_secret_pinterest_client_secret',
]
export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/pinterest'
export const SCOPES = 'boards:read,boards:write,pins:read,pins:write,user_accounts:read'

export function authorizeUrl(base: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT[0],
    redirect_uri: REDIRECT_URI,
    scope: SCOPES,
    state: 'state-1',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${base}/pinterest/oauth/?${query}`
}

export async function consent(base: string, changes: Record<string, string> = {}): Promise<string> {
  const { headers } = await call(authorizeUrl(base, changes))
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

export function exchange(
  base: string,
  code: string,
  changes: Record<string, string> = {},
): Promise<Reply> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...changes }
  return call(`${base}/pinterest/v5/oauth/token`, { form, basic: CLIENT })
}

export function refresh(
  base: string,
  refresh_token: string,
  changes: Record<string, string> = {},
): Promise<Reply> {
  const form = { grant_type: 'refresh_token', refresh_token, ...changes }
  return call(`${base}/pinterest/v5/oauth/token`, { form, basic: CLIENT })
}

export async function login(
  base: string,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string }> {
  const { body } = await exchange(base, await consent(base, changes))
  return { access: pick(body, 'access_token'), refresh: pick(body, 'refresh_token') }
}
