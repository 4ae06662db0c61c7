import { createHash } from 'node:crypto'
import { builtInClient } from '../oauth/clients.ts'
import { call, pick, type Reply } from './http.ts'

const { client_id: client_key, client_secret } = builtInClient('tiktok')

export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/tiktok'
export const VERIFIER = 'v'.repeat(64)
export const HEX_CHALLENGE = createHash('sha256').update(VERIFIER).digest('hex')
const SCOPES = 'user.info.basic,user.info.profile,user.info.stats,video.publish'

/** An authorization request that answers itself; `changes` replace parameters. */
export function authorizeUrl(url: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_key,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: SCOPES,
    state: 'state-1',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${url}/tiktok/v2/auth/authorize/?${query}`
}

/** The parameters of the redirect, decoded. */
export async function consent(
  url: string,
  changes: Record<string, string> = {},
): Promise<Record<string, string>> {
  const { headers } = await call(authorizeUrl(url, changes))
  return Object.fromEntries(new URL(headers.get('location') ?? 'http://none').searchParams)
}

/** A form with the client of the app. */
export function post(url: string, path: string, form: Record<string, string>): Promise<Reply> {
  const client = { client_key, client_secret }
  return call(`${url}/tiktok${path}`, { form: { ...client, ...form } })
}

export function exchange(
  url: string,
  code: string,
  changes: Record<string, string> = {},
): Promise<Reply> {
  const grant = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI }
  return post(url, '/v2/oauth/token/', { ...grant, code, ...changes })
}

export function refresh(url: string, token: string): Promise<Reply> {
  return post(url, '/v2/oauth/token/', { grant_type: 'refresh_token', refresh_token: token })
}

/** Consent and exchange in one. */
export async function login(
  url: string,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string; openId: string }> {
  const { code = '' } = await consent(url, changes)
  const { body } = await exchange(url, code)
  return {
    access: pick(body, 'access_token'),
    refresh: pick(body, 'refresh_token'),
    openId: pick(body, 'open_id'),
  }
}

export function userInfo(url: string, bearer: string, fields: string): Promise<Reply> {
  return call(`${url}/tiktok/v2/user/info/?fields=${fields}`, { bearer })
}
