import { call, pick, type Reply } from './http.ts'

export const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/mastodon'
export const SCOPES = 'read:accounts read:statuses write:statuses'

export interface Client {
  id: string
  secret: string
}

/** Registers an app as a client does once per instance. */
export async function register(url: string, scopes = SCOPES): Promise<Client> {
  const json = { client_name: 'Test app', redirect_uris: [REDIRECT_URI], scopes }
  const { body } = await call(`${url}/api/v1/apps`, { json })
  return { id: pick(body, 'client_id'), secret: pick(body, 'client_secret') }
}

export function authorizeUrl(
  url: string,
  client: Client,
  changes: Record<string, string> = {},
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPES,
    state: 'state-1',
    sandbox_account: 'alice',
    sandbox_decision: 'allow',
    ...changes,
  })
  return `${url}/oauth/authorize?${query}`
}

export async function consent(
  url: string,
  client: Client,
  changes: Record<string, string> = {},
): Promise<string> {
  const { headers } = await call(authorizeUrl(url, client, changes))
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

export function exchange(
  url: string,
  client: Client,
  code: string,
  changes: Record<string, string> = {},
): Promise<Reply> {
  const form = {
    grant_type: 'authorization_code',
    code,
    client_id: client.id,
    client_secret: client.secret,
    redirect_uri: REDIRECT_URI,
    ...changes,
  }
  return call(`${url}/oauth/token`, { form })
}

/** The token that `GET /_sandbox/accounts` hands out. */
export async function ownToken(url: string, index = 0): Promise<string> {
  const { body } = await call(`${url}/_sandbox/accounts?platform=mastodon`)
  return pick(body, 'data', index, 'credentials', 'access_token')
}

export async function ownId(url: string, index = 0): Promise<string> {
  const { body } = await call(`${url}/_sandbox/accounts?platform=mastodon`)
  return pick(body, 'data', index, 'account_id')
}

export function publish(url: string, bearer: string, json: unknown, key?: string): Promise<Reply> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
  return call(`${url}/api/v1/statuses`, { json, bearer, headers })
}
