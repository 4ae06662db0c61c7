import { randomBytes, randomUUID } from 'node:crypto'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import type { Account, AppCredentials, Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { Access, PlatformHosts } from '../../platforms/call.ts'
import type {
  Attempt,
  Committed,
  Connector,
  Draft,
  Prepared,
  PublishCall,
} from '../../platforms/connector.ts'
import { makeRegistry, type Registry } from '../../platforms/registry.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { type FileSource, startFileSource } from './file-source.ts'

export interface Connected {
  access: Access
  account: Account
  grant: Grant
}

export interface Harness extends AuthHarness {
  connector: Connector
}

export interface AuthHarness {
  url: string
  registry: Registry
  /** Files of the test; add them before publishing. */
  files: FileSource
  call: PublishCall
  /** A post without files. */
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
  livePosts(): Promise<{ platform_post_id: string; text: string; media: string[] }[]>
  credentials(handle: string): Promise<Record<string, string>>
  close(): Promise<void>
}

export interface HarnessOptions {
  /** False: the sandbox refuses nothing for being too much, save by a fault. */
  enforceRateLimits?: boolean
}

/** A sandbox and the connector of one platform pointed at it by nothing but base URLs. */
export async function startHarness(
  platform: Platform,
  options: HarnessOptions = {},
): Promise<Harness> {
  const harness = await startAuthHarness(platform, options)
  const connector = harness.registry.connector(platform)
  if (!connector) throw new Error(`${platform} is not offered`)
  return { ...harness, connector }
}

/** The same for a platform that accounts connect to and that nothing is published to yet. */
export async function startAuthHarness(
  platform: Platform,
  { enforceRateLimits = true }: HarnessOptions = {},
): Promise<AuthHarness> {
  const sandbox = await startSandbox({ enforceRateLimits })
  const { url } = sandbox
  const files = await startFileSource()
  const registry = makeRegistry({
    hosts: hostsAt(url),
    http: { userAgent: 'clarion-test', allowedPrivateHosts: [new URL(url).host], timeoutMs: 5_000 },
    timing: { confirmQuietMs: 0 },
  })
  const control = (method: string, path: string, body?: unknown) => send(url, method, path, body)
  return {
    url,
    registry,
    control,
    files,
    call: { http: registry.http, signal: new AbortController().signal, media: files },
    draft: (text, settings = {}) => ({
      role: 'post',
      media: [],
      attached: {},
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
      await files.close()
      await sandbox.close()
    },
  }
}

/** Walks a redirect flow by the consent page's own answer, without its form. */
export async function grantBy(
  { call }: AuthHarness,
  auth: Authorizer,
  app: AppCredentials,
  handle: string,
): Promise<Grant> {
  const redirectUri = `http://127.0.0.1:3000/oauth/callback/${auth.platform}`
  // Fresh each time: Bluesky takes no challenge twice.
  const codeVerifier = randomBytes(48).toString('base64url')
  const shared = { app, redirectUri, state: randomUUID(), codeVerifier }
  const redirect = await auth.authorizationUrl?.(
    { ...shared, scopes: [], isReconnect: false },
    call,
  )
  if (!redirect || !auth.exchange) throw new Error('no redirect flow')
  redirect.url.searchParams.set('sandbox_account', handle)
  redirect.url.searchParams.set('sandbox_decision', 'allow')
  const answer = await fetch(redirect.url, { redirect: 'manual' })
  const params = new URL(answer.headers.get('location') ?? '').searchParams
  return auth.exchange({ ...shared, params, secrets: redirect.secrets ?? {} }, call)
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
  const asked = { ...shared, codeVerifier, scopes: [], isReconnect: false }
  const { url, secrets = {} } = await authorizationUrl(asked, call)
  const params = await consentAs(url, handle)
  return identify(harness, await exchange({ ...shared, params, codeVerifier, secrets }, call))
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

/** Commits what needs no preparation and is published at once. */
export async function commitNow(
  { connector, call }: Harness,
  draft: Draft,
  access: Access,
  prepared?: Prepared,
): Promise<Committed> {
  const made = await connector.commit(draft, access, call, prepared)
  if ('accepted' in made) throw new Error('still being worked on')
  return made
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

/** Bluesky and Mastodon are hosts of their own; every other platform is a folder. */
function hostsAt(url: string): Partial<Record<Platform, Partial<PlatformHosts>>> {
  const at = (base: string) => ({ apiBaseUrl: base, authBaseUrl: base })
  const folders = PLATFORMS.filter((platform) => platform !== 'mastodon')
  const hosts = folders.map((platform) => [platform, at(`${url}/${platform}`)])
  return { ...Object.fromEntries(hosts), bluesky: at(url) }
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

function toPost(row: Record<string, unknown>) {
  const media = Array.isArray(row.media) ? row.media.map(String) : []
  return { platform_post_id: String(row.platform_post_id), text: String(row.text), media }
}

function pickServiceUrl(from: { serviceUrl?: string }): { serviceUrl?: string } {
  return from.serviceUrl === undefined ? {} : { serviceUrl: from.serviceUrl }
}
