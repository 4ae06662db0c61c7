import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { makeApp } from '../../../api/app.ts'
import type { Deps } from '../../../api/deps.ts'
import { hashApiKey } from '../../../api/http/authenticate.ts'
import { REDACTED } from '../../../api/http/redacted.ts'
import { makeTemporal } from '../../../api/temporal.ts'
import type { Database } from '../../../db/open-database.ts'
import { createApiKey } from '../../../db/repositories/api-keys.ts'
import { seedTenant } from '../../../db/seed.ts'
import { PLATFORMS, type Platform } from '../../../domain/platforms.ts'
import { makeRegistry } from '../../../platforms/registry.ts'
import { startSandbox } from '../../../sandbox/server.ts'
import type { TokenCipher } from '../../../vault/token-cipher.ts'
import { testDatabase } from '../../support/database.ts'
import { type TestMedia, testMedia } from '../../support/test-media.ts'
import { localCipher } from './local-cipher.ts'

/** One API under test; the people are alice (tenant acme) and bob (tenant other). */
export interface TestApi {
  url: string
  db: Database
  cipher: TokenCipher
  media: TestMedia
  sandboxUrl: string
  alice: Person
  bob: Person
  /** All that was logged so far. */
  logs(): string
  setNow(ms: number | undefined): void
  makeKey(person: Omit<Person, 'key'>, scopes: string[]): Promise<string>
  close(): Promise<void>
}

export interface Person {
  tenantId: string
  userId: string
  key: string
}

export interface TestApiOptions {
  /** A running stack with workers; without it Temporal is down (nothing listens there). */
  stack?: Stack
  /** Instead of the local one, or of the stack's. */
  cipher?: TokenCipher
  ratePerMinute?: number
  anonymousRatePerMinute?: number
  successUrl?: string
  errorUrl?: string
  commandDeadlineMs?: number
  /** Instead of the sandbox's apps of x and facebook. */
  apps?: Deps['config']['apps']
  publicUrl?: string
  /** Largest file that is taken, default 100 MB. */
  maxMediaBytes?: number
  /** Besides the sandbox's. */
  allowedPrivateHosts?: string[]
}

/** The parts of `startInProcess` that an API shares with its workers. */
export interface Stack {
  db: Database
  namespace: string
  temporalAddress: string
  sandbox: { url: string }
  media: TestMedia
  deps: { cipher: TokenCipher }
}

const NOWHERE = '127.0.0.1:1'
/** Apps of the installation; other platforms have none unless a tenant brings its own. */
const APPS: Deps['config']['apps'] = {
  x: sandboxApp('x'),
  x_oauth1: { clientId: 'sandbox-x-api-key', clientSecret: 'sbx_secret_x_api_secret' },
  facebook: sandboxApp('facebook'),
}

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const parts = options.stack === undefined ? await openParts() : { ...options.stack, close: null }
  const clock: { fixed?: number } = {}
  const lines: string[] = []
  const server = createServer()
  const url = await listen(server)
  const sandboxUrl = parts.sandbox.url
  const registry = makeRegistry({
    hosts: sandboxHosts(sandboxUrl),
    http: {
      userAgent: 'Clarion-test',
      allowedPrivateHosts: [new URL(sandboxUrl).host, ...(options.allowedPrivateHosts ?? [])],
    },
  })
  const namespace = options.stack?.namespace ?? 'default'
  const address = options.stack?.temporalAddress ?? NOWHERE
  const { commandDeadlineMs } = options
  const place = { address, namespace, tls: false, tlsFiles: {} }
  const temporal = makeTemporal(place, { commandDeadlineMs })
  const { db } = parts
  const media = await testMedia({
    ...{ baseUrl: url, maxBytes: options.maxMediaBytes, dir: options.stack?.media.dir },
    now: () => clock.fixed ?? Date.now(),
  })
  const deps: Deps = {
    config: configOf(url, options),
    db,
    cipher: options.cipher ?? parts.deps.cipher,
    registry,
    media,
    temporal,
    log: pino({ level: 'info', redact: REDACTED }, collector(lines)),
    now: () => clock.fixed ?? Date.now(),
  }
  server.on('request', makeApp(deps))
  return {
    url,
    db,
    cipher: deps.cipher,
    media,
    sandboxUrl,
    alice: await makePerson(db, `acme-${randomBytes(4).toString('hex')}`),
    bob: await makePerson(db, `other-${randomBytes(4).toString('hex')}`),
    logs: () => lines.join(''),
    setNow: (ms) => {
      clock.fixed = ms
    },
    makeKey: (person, scopes) => makeKey(db, person, scopes),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await temporal.close()
      await registry.http.close()
      await media.close()
      await parts.close?.()
    },
  }
}

async function openParts() {
  const { db, drop } = await testDatabase()
  const sandbox = await startSandbox({ enforceRateLimits: false })
  const { cipher, remove } = localCipher()
  return {
    db,
    sandbox,
    deps: { cipher },
    close: async () => {
      await sandbox.close()
      await drop()
      remove()
    },
  }
}

function configOf(url: string, options: TestApiOptions): Deps['config'] {
  return {
    nodeEnv: 'test',
    http: {
      host: '127.0.0.1',
      port: 0,
      publicUrl: options.publicUrl ?? url,
      trustedProxies: 0,
      ratePerMinute: options.ratePerMinute ?? 100_000,
      anonymousRatePerMinute: options.anonymousRatePerMinute ?? 100_000,
    },
    oauth: { redirectBaseUrl: url, successUrl: options.successUrl, errorUrl: options.errorUrl },
    apps: options.apps ?? APPS,
  }
}

/** A tenant with an administrator and a key that may do everything. */
export async function makePerson(db: Database, slug: string): Promise<Person> {
  const { tenantId, users } = await seedTenant(db, { slug, name: slug })
  const userId = users.find((user) => user.role === 'admin')?.id ?? ''
  return { tenantId, userId, key: await makeKey(db, { tenantId, userId }, ['admin']) }
}

async function makeKey(
  db: Database,
  { tenantId, userId }: Omit<Person, 'key'>,
  scopes: string[],
): Promise<string> {
  const key = `clr_${randomBytes(32).toString('base64url')}`
  const row = { tenantId, userId, name: 'test', prefix: key.slice(0, 12), scopes }
  await db.withTenant(tenantId, (em) => createApiKey(em, { ...row, keyHash: hashApiKey(key) }))
  return key
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
    })
  })
}

/** The sandbox speaks for each platform below its name, and at its root for hosts people name. */
function sandboxHosts(url: string) {
  const named = PLATFORMS.filter((platform) => platform !== 'mastodon' && platform !== 'bluesky')
  const below = named.map((platform) => [
    platform,
    { apiBaseUrl: `${url}/${platform}`, authBaseUrl: `${url}/${platform}` },
  ])
  return { ...Object.fromEntries(below), bluesky: { apiBaseUrl: url, authBaseUrl: url } }
}

/** The app that the sandbox knows on each of its platforms. */
export function sandboxApp(platform: Platform) {
  return {
    clientId: `sandbox-${platform}-client`,
    clientSecret: `sbx_secret_${platform}_client_secret`,
  }
}

function collector(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
}
