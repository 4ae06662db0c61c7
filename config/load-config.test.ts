import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { renderEnvExample } from './env-example.ts'
import { ConfigError, loadConfig } from './load-config.ts'

const DATABASE_URL = 'postgresql://clarion@localhost:5432/clarion'

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

describe('loadConfig', () => {
  test('needs a database and nothing else', () => {
    const config = loadConfig({ DATABASE_URL })
    expect(config).toMatchObject({
      nodeEnv: 'development',
      localKeyFile: '.clarion/local-cipher-keys.json',
      http: { port: 3000, publicUrl: 'http://localhost:3000' },
      oauth: { redirectBaseUrl: 'http://localhost:3000', successUrl: undefined },
      temporal: { address: 'localhost:7233', namespace: 'default', tls: false },
      timing: { confirmQuietMs: 60_000, commitTimeoutMs: 30_000 },
      worker: { shutdownGraceMs: 40_000 },
      allowedPrivateHosts: [],
      hosts: {},
      apps: {},
    })
    expect(config.vault).toBeUndefined()
  })

  test('derives the callback from the public address, and that from the port', () => {
    const byPort = loadConfig({ DATABASE_URL, PORT: '8080' })
    expect(byPort.oauth.redirectBaseUrl).toBe('http://localhost:8080')
    const byUrl = loadConfig({ DATABASE_URL, PUBLIC_URL: 'https://clarion.example/' })
    expect(byUrl.oauth.redirectBaseUrl).toBe('https://clarion.example')
    const own = { OAUTH_REDIRECT_BASE_URL: 'https://hook.example', PUBLIC_URL: 'https://c.example' }
    expect(loadConfig({ DATABASE_URL, ...own }).oauth.redirectBaseUrl).toBe('https://hook.example')
  })

  test('reads hosts and apps of platforms, the names the platforms use included', () => {
    const config = loadConfig({
      DATABASE_URL,
      X_API_BASE_URL: 'http://localhost:4010/x/',
      X_CLIENT_ID: 'id',
      X_CLIENT_SECRET: 'secret',
      META_APP_ID: 'meta',
      META_APP_SECRET: 'meta-secret',
      FACEBOOK_APP_ID: 'facebook',
      TIKTOK_CLIENT_KEY: 'key',
    })
    expect(config.hosts).toEqual({ x: { apiBaseUrl: 'http://localhost:4010/x' } })
    expect(config.apps).toMatchObject({
      x: { clientId: 'id', clientSecret: 'secret' },
      instagram: { clientId: 'meta', clientSecret: 'meta-secret' },
      facebook: { clientId: 'facebook', clientSecret: 'meta-secret' },
      tiktok: { clientId: 'key' },
    })
  })

  test('names every fault at once, with an example and without the value', () => {
    const faults = faultsOf({
      DATABASE_URL: 'mysql://user:hunter2@host/db',
      PORT: 'eighty',
      TEMPORAL_ADDRESS: 'https://temporal',
      CLARION_ALLOWED_PRIVATE_HOSTS: 'localhost',
      LOG_LEVEL: 'loud',
    })
    expect(faults).toHaveLength(5)
    expect(faults.join()).not.toContain('hunter2')
    expect(faults[1]).toContain(
      'DATABASE_URL must be a postgresql:// address; for example DATABASE_URL=',
    )
    expect(faultsOf({})).toEqual([expect.stringContaining('DATABASE_URL is not set; for example')])
  })

  test('an empty variable is not set', () => {
    expect(loadConfig({ DATABASE_URL, PORT: '', VAULT_ADDR: '' }).http.port).toBe(3000)
    expect(faultsOf({ DATABASE_URL: '' })).toHaveLength(1)
  })

  test('refuses combinations that cannot work', () => {
    expect(faultsOf({ DATABASE_URL, VAULT_ADDR: 'http://localhost:8200' })).toHaveLength(1)
    expect(faultsOf({ DATABASE_URL, NODE_ENV: 'production' })).toHaveLength(3)
    const vault = { VAULT_ADDR: 'https://vault:8200', VAULT_ROLE_ID: 'r', VAULT_SECRET_ID: 's' }
    const secret = { MEDIA_URL_SECRET: 'x'.repeat(32), PUBLIC_URL: 'https://clarion.example' }
    expect(faultsOf({ DATABASE_URL, NODE_ENV: 'production', ...vault, ...secret })).toEqual([])
    expect(faultsOf({ DATABASE_URL, MEDIA_URL_SECRET: 'short' })).toHaveLength(1)
    expect(faultsOf({ DATABASE_URL, MEDIA_STORE: 's3' })).toHaveLength(3)
  })

  test('a worker waits longer for its commits than a commit may take, unless it is told', () => {
    const slow = { DATABASE_URL, CLARION_COMMIT_TIMEOUT_MS: '60000' }
    expect(loadConfig(slow).worker.shutdownGraceMs).toBe(70_000)
    const told = { ...slow, WORKER_SHUTDOWN_GRACE_MS: '2500' }
    expect(loadConfig(told).worker.shutdownGraceMs).toBe(2500)
  })

  test('files are on disk unless a bucket is named, and fetched where callbacks arrive', () => {
    expect(loadConfig({ DATABASE_URL }).media).toEqual({
      ...{ dir: '.clarion/media', urlSecretFile: '.clarion/media-url-secret' },
      ...{ baseUrl: 'http://localhost:3000', maxBytes: 4 * 1024 ** 3 },
    })
    const bucket = { MEDIA_STORE: 's3', MEDIA_S3_BUCKET: 'b', MEDIA_S3_FORCE_PATH_STYLE: 'true' }
    const login = { MEDIA_S3_ACCESS_KEY_ID: 'id', MEDIA_S3_SECRET_ACCESS_KEY: 'key' }
    const other = { OAUTH_REDIRECT_BASE_URL: 'https://hook.example' }
    expect(loadConfig({ DATABASE_URL, ...bucket, ...login, ...other }).media).toMatchObject({
      baseUrl: 'https://hook.example',
      s3: { bucket: 'b', region: 'us-east-1', accessKeyId: 'id', forcePathStyle: true },
    })
  })

  test('TLS is on with a certificate or an API key', () => {
    expect(loadConfig({ DATABASE_URL, TEMPORAL_API_KEY: 'k' }).temporal.tls).toBe(true)
    const file = { TEMPORAL_TLS_CA_FILE: '/ca.pem' }
    expect(loadConfig({ DATABASE_URL, ...file }).temporal.tls).toBe(true)
  })
})

test('the logins of a key rotation are whole or not there', () => {
  const login = { VAULT_ADDR: 'https://vault.example', VAULT_TOKEN: 'hvs.x' }
  const halves = { ...login, VAULT_ROTATE_ROLE_ID: 'a', VAULT_REWRAP_SECRET_ID: 'b' }
  expect(faultsOf({ DATABASE_URL, ...halves })).toEqual([
    expect.stringContaining('VAULT_ROTATE_ROLE_ID and VAULT_ROTATE_SECRET_ID belong together'),
    expect.stringContaining('VAULT_REWRAP_ROLE_ID and VAULT_REWRAP_SECRET_ID belong together'),
  ])
  const rotate = { VAULT_ROTATE_ROLE_ID: 'a', VAULT_ROTATE_SECRET_ID: 'b' }
  expect(loadConfig({ DATABASE_URL, ...login, ...rotate }).vault).toMatchObject({
    rotate: { roleId: 'a', secretId: 'b' },
    rewrap: undefined,
  })
})

test('.env.example documents exactly the variables that are read', () => {
  const file = readFileSync(join(import.meta.dirname, '..', '.env.example'), 'utf8')
  expect(file).toBe(renderEnvExample())
})
