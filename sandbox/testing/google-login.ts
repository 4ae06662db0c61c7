import { createHash } from 'node:crypto'
import { builtInClient } from '../oauth/clients.ts'
import { scope } from '../platforms/google/scopes.ts'
import { call, pick, type Reply } from './http.ts'

/** How tests connect to one of the two Google stand-ins. */
export type GooglePlatform = 'youtube' | 'google_business'

export const VERIFIER = 'v'.repeat(64)
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

const SCOPES: Record<GooglePlatform, string> = {
  youtube: ['youtube.upload', 'youtube.readonly'].map(scope).join(' '),
  google_business: `openid email profile ${scope('business.manage')}`,
}

export function redirectUri(platform: GooglePlatform): string {
  return `http://127.0.0.1:3000/oauth/callback/${platform}`
}

/** An authorization request that answers itself; `changes` replace parameters. */
export function authorizeUrl(
  url: string,
  platform: GooglePlatform,
  changes: Record<string, string> = {},
): string {
  const query = new URLSearchParams({
    client_id: builtInClient(platform).client_id,
    redirect_uri: redirectUri(platform),
    response_type: 'code',
    scope: SCOPES[platform],
    access_type: 'offline',
    state: 'state-1',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${url}/${platform}/o/oauth2/v2/auth?${query}`
}

/** The parameters of the redirect. */
export async function consent(
  url: string,
  platform: GooglePlatform,
  changes: Record<string, string> = {},
): Promise<Record<string, string>> {
  const { headers } = await call(authorizeUrl(url, platform, changes))
  return Object.fromEntries(new URL(headers.get('location') ?? 'http://none').searchParams)
}

/** POST /token with the client of the platform. */
export function postToken(
  url: string,
  platform: GooglePlatform,
  form: Record<string, string>,
): Promise<Reply> {
  return call(`${url}/${platform}/token`, {
    form: {
      ...builtInClient(platform),
      ...form,
    },
  })
}

export function exchange(
  url: string,
  platform: GooglePlatform,
  code: string,
  changes: Record<string, string> = {},
): Promise<Reply> {
  const grant = { grant_type: 'authorization_code', redirect_uri: redirectUri(platform) }
  return postToken(url, platform, { ...grant, code, ...changes })
}

export function refresh(url: string, platform: GooglePlatform, token: string): Promise<Reply> {
  return postToken(url, platform, { grant_type: 'refresh_token', refresh_token: token })
}

/** Consent and exchange in one; the token answer. */
export async function tokensOf(
  url: string,
  platform: GooglePlatform,
  changes: Record<string, string> = {},
): Promise<unknown> {
  const { code = '' } = await consent(url, platform, changes)
  return (await exchange(url, platform, code)).body
}

/** A fresh pair, whatever was consented to before. */
export async function login(
  url: string,
  platform: GooglePlatform,
  changes: Record<string, string> = {},
): Promise<{ access: string; refresh: string }> {
  const body = await tokensOf(url, platform, { prompt: 'consent', ...changes })
  return { access: pick(body, 'access_token'), refresh: pick(body, 'refresh_token') }
}

/** The id that the control interface knows an account by. */
export async function accountIdOf(url: string, platform: string, handle: string): Promise<string> {
  const { body } = await call(`${url}/_sandbox/accounts?platform=${platform}`)
  const rows = Object.values(Object(body).data)
  return pick(
    rows.find((row) => pick(row, 'handle') === handle),
    'account_id',
  )
}
