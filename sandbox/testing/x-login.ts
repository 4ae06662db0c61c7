import { createHash } from 'node:crypto'
import { builtInClient } from '../oauth/clients.ts'
import { call, pick, type Reply } from './http.ts'

const { client_id, client_secret } = builtInClient('x')
export const CLIENT: [string, string] = [client_id, client_secret]
export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/x'
export const VERIFIER = 'v'.repeat(64)
export const ALL_SCOPES = 'tweet.read tweet.write users.read offline.access'

/** An authorization request that answers itself; `changes` replace parameters. */
export function authorizeUrl(base: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: REDIRECT_URI,
    scope: ALL_SCOPES,
    state: 'state-1',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${base}/x/i/oauth2/authorize?${query}`
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
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
    ...changes,
  }
  return call(`${base}/x/2/oauth2/token`, { form, basic: CLIENT })
}

export function refresh(base: string, refreshToken: string): Promise<Reply> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken }
  return call(`${base}/x/2/oauth2/token`, { form, basic: CLIENT })
}

/** Consent and exchange in one; no refresh token without offline.access. */
export async function login(
  base: string,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string }> {
  const { body } = await exchange(base, await consent(base, changes))
  const hasRefresh = (changes.scope ?? ALL_SCOPES).includes('offline.access')
  return {
    access: pick(body, 'access_token'),
    refresh: hasRefresh ? pick(body, 'refresh_token') : '',
  }
}

export function tweet(base: string, bearer: string, body: unknown): Promise<Reply> {
  return call(`${base}/x/2/tweets`, { json: body, bearer })
}
