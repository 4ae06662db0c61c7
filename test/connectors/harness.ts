import { createHash, randomUUID } from 'node:crypto'
import type { Platform } from '../../domain/platforms.ts'
import type {
  Access,
  Account,
  AppCredentials,
  Attempt,
  Call,
  Connector,
  Draft,
  Grant,
} from '../../platforms/connector.ts'
import { makeRegistry, type Registry } from '../../platforms/registry.ts'
import { startSandbox } from '../../sandbox/server.ts'

export interface Connected {
  access: Access
  account: Account
  grant: Grant
}

export interface Harness {
  url: string
  registry: Registry
  connector: Connector
  call: Call
  draft(text: string, settings?: Draft['settings']): Draft
  fault(fault: {
    step: string
    fault: string
    times?: number
    [more: string]: unknown
  }): Promise<void>
  clearFaults(): Promise<void>
  control(method: string, path: string, body?: unknown): Promise<unknown>
  /** What the platform really accepted, deleted posts left out. */
  livePosts(): Promise<{ platform_post_id: string; text: string }[]>
  credentials(handle: string): Promise<Record<string, string>>
  close(): Promise<void>
}

/** A sandbox and the connector of one platform pointed at it by nothing but base URLs. */
export async function startHarness(platform: Platform): Promise<Harness> {
  const sandbox = await startSandbox()
  const { url } = sandbox
  const atRoot = { apiBaseUrl: url, authBaseUrl: url }
  const registry = makeRegistry({
    hosts: { x: { apiBaseUrl: `${url}/x`, authBaseUrl: `${url}/x` }, bluesky: atRoot },
    http: { userAgent: 'clarion-test', allowedPrivateHosts: [new URL(url).host], timeoutMs: 5_000 },
    timing: { confirmQuietMs: 0 },
  })
  const connector = registry.connector(platform)
  if (!connector) throw new Error(`${platform} is not offered`)
  const control = (method: string, path: string, body?: unknown) => send(url, method, path, body)
  return {
    url,
    registry,
    connector,
    control,
    call: { http: registry.http, signal: new AbortController().signal },
    draft: (text, settings = {}) => ({
      text,
      settings,
      idempotencyKey: randomUUID(),
      createdAt: new Date(),
    }),
    fault: async (fault) => {
      await control('POST', '/_sandbox/faults', { platform, times: 1, ...fault })
    },
    clearFaults: async () => {
      await control('DELETE', '/_sandbox/faults')
    },
    livePosts: async () => {
      const rows = dataOf(await control('GET', `/_sandbox/posts?platform=${platform}`))
      return rows.flatMap((row) => (row.deleted_at === null ? [toPost(row)] : []))
    },
    credentials: async (handle) => {
      const rows = dataOf(await control('GET', '/_sandbox/accounts'))
      const row = rows.find(
        (one) => one.platform === platform && `${one.handle}`.startsWith(handle),
      )
      return Object.fromEntries(Object.entries(Object(row?.credentials)))
    },
    close: async () => {
      await registry.http.close()
      await sandbox.close()
    },
  }
}

/** Walks the redirect flow as a browser would, the consent page answered for `handle`. */
export async function connectByOauth(
  harness: Harness,
  app: AppCredentials,
  handle: string,
  serviceUrl?: string,
): Promise<Connected> {
  const { connector, call } = harness
  const { authorizationUrl, exchange } = connector.auth
  if (!authorizationUrl || !exchange) throw new Error('no redirect flow')
  const codeVerifier = 'v'.repeat(64)
  const redirectUri = `http://127.0.0.1:3000/oauth/callback/${connector.platform}`
  const shared = { app, redirectUri, state: randomUUID(), ...(serviceUrl ? { serviceUrl } : {}) }
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
  const consent = await authorizationUrl({ ...shared, codeChallenge, scopes: [] }, call)
  const params = await consentAs(consent, handle)
  return identify(harness, await exchange({ ...shared, params, codeVerifier }, call))
}

/** Sends the consent page's form and returns the query of the redirect back. */
async function consentAs(consent: URL, handle: string): Promise<URLSearchParams> {
  const page = await (await fetch(consent)).text()
  const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1]
  if (!action) throw new Error(`no consent form: ${page}`)
  const body = new URLSearchParams(consent.searchParams)
  body.set('sandbox_account', handle)
  body.set('sandbox_decision', 'allow')
  const answer = await fetch(new URL(action, consent), { method: 'POST', body, redirect: 'manual' })
  return new URL(answer.headers.get('location') ?? '').searchParams
}

export async function identify(harness: Harness, grant: Grant): Promise<Connected> {
  const secrets = grant.secrets ?? {}
  const { accessToken, tokenType, scopes } = grant
  const known = { accessToken, tokenType, secrets, ...pickServiceUrl(grant) }
  const account = await harness.connector.auth.identify(known, harness.call)
  const access = {
    ...known,
    ...pickServiceUrl(account),
    accountId: account.platformAccountId,
    accountHandle: account.handle,
    scopes,
  }
  return { access, account, grant }
}

/** An attempt that began with the draft and can no longer send. */
export function attemptOf(draft: Draft, more: Partial<Attempt> = {}): Attempt {
  return { draft, startedAt: draft.createdAt, sendBefore: new Date(Date.now() - 1), ...more }
}

export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  )
}

async function send(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  const text = await answer.text()
  return text === '' ? undefined : JSON.parse(text)
}

function dataOf(answer: unknown): Record<string, unknown>[] {
  return Object(answer).data
}

function toPost(row: Record<string, unknown>): { platform_post_id: string; text: string } {
  return { platform_post_id: String(row.platform_post_id), text: String(row.text) }
}

function pickServiceUrl(from: { serviceUrl?: string }): { serviceUrl?: string } {
  return from.serviceUrl === undefined ? {} : { serviceUrl: from.serviceUrl }
}
