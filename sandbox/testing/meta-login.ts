import { isRecord } from '../http/body.ts'
import { builtInClient } from '../oauth/clients.ts'
import { call, pick, type Reply } from './http.ts'

/** Logins of the three families, for their tests. */
export type Family = 'facebook' | 'instagram' | 'threads'

type Changes = Record<string, string>

export const SCOPES: Record<Family, string> = {
  facebook:
    'pages_show_list,pages_manage_posts,pages_read_engagement,business_management,instagram_basic',
  instagram: 'instagram_business_basic,instagram_business_content_publish',
  threads: 'threads_basic,threads_content_publish,threads_delete',
}

const DIALOG: Record<Family, string> = {
  facebook: '/v25.0/dialog/oauth',
  instagram: '/oauth/authorize',
  threads: '/oauth/authorize',
}

export function redirectUri(family: Family): string {
  return `http://127.0.0.1:3000/oauth/callback/${family}`
}

/** A login that answers itself; `changes` replace parameters, empty ones go. */
export function dialogUrl(base: string, family: Family, changes: Changes = {}): string {
  const params = {
    client_id: builtInClient(family).client_id,
    redirect_uri: redirectUri(family),
    response_type: 'code',
    scope: SCOPES[family],
    state: 'state-1',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  }
  return `${base}/${family}${DIALOG[family]}?${new URLSearchParams(params)}`
}

export async function consent(base: string, family: Family, changes: Changes = {}) {
  const { headers } = await call(dialogUrl(base, family, changes))
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

export function exchange(
  base: string,
  family: Family,
  code: string,
  changes: Changes = {},
): Promise<Reply> {
  const form = {
    ...builtInClient(family),
    grant_type: 'authorization_code',
    redirect_uri: redirectUri(family),
    code,
    ...changes,
  }
  const version = family === 'facebook' ? '/v25.0' : ''
  return call(`${base}/${family}${version}/oauth/access_token`, { form })
}

/** Consent and exchange in one: a short-lived token. */
export async function shortToken(base: string, family: Family, changes: Changes = {}) {
  const { body } = await exchange(base, family, await consent(base, family, changes))
  return pick(body, 'access_token')
}

/** A short-lived token for a long-lived one. */
export function extend(
  base: string,
  family: Family,
  token: string,
  changes: Changes = {},
): Promise<Reply> {
  const query = { ...EXTENSIONS[family].params(token), ...changes }
  return call(`${base}/${family}${EXTENSIONS[family].path}?${new URLSearchParams(query)}`)
}

const EXTENSIONS = {
  facebook: {
    path: '/v25.0/oauth/access_token',
    params: (token: string) => ({
      ...builtInClient('facebook'),
      grant_type: 'fb_exchange_token',
      fb_exchange_token: token,
    }),
  },
  instagram: { path: '/access_token', params: exchangeParams('instagram', 'ig_exchange_token') },
  threads: { path: '/access_token', params: exchangeParams('threads', 'th_exchange_token') },
}

function exchangeParams(family: Family, grant_type: string) {
  const { client_secret } = builtInClient(family)
  return (access_token: string) => ({ grant_type, client_secret, access_token })
}

export async function longToken(base: string, family: Family, changes: Changes = {}) {
  const { body } = await extend(base, family, await shortToken(base, family, changes))
  return pick(body, 'access_token')
}

/** A GET of the API, token as bearer. */
export function get(base: string, family: Family, path: string, bearer: string): Promise<Reply> {
  const version = family === 'threads' ? 'v1.0' : 'v25.0'
  return call(`${base}/${family}/${version}${path}`, { bearer })
}

/** Code and subcode of a Graph error, as `190/463`. */
export function errorOf({ body }: Reply): string {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {}
  return error.error_subcode === undefined
    ? `${error.code}`
    : `${error.code}/${error.error_subcode}`
}

/** One row of the control interface's account list. */
export async function accountRow(base: string, platform: Family, handle: string) {
  const { body } = await call(`${base}/_sandbox/accounts?platform=${platform}`)
  const rows = isRecord(body) && Array.isArray(body.data) ? body.data : []
  const row: unknown = rows.find((one) => isRecord(one) && one.handle === handle)
  return {
    id: pick(row, 'account_id'),
    credential: (name: string) => pick(row, 'credentials', name),
  }
}

/** Revokes or expires by the control interface. */
export async function steer(base: string, what: 'revoke' | 'expire', family: Family) {
  const { id } = await accountRow(base, family, 'alice')
  await call(`${base}/_sandbox/${what}`, { json: { platform: family, account_id: id } })
}
