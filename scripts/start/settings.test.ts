import { describe, expect, test } from '@jest/globals'
import { childEnv, sandboxPlatforms } from './child-env.ts'
import { localApiUrl, readSettings } from './settings.ts'

const PLACE = {
  home: '/home',
  databaseUrl: 'postgresql://one:two@127.0.0.1:5433/clarion',
  temporalAddress: '127.0.0.1:7233',
  sandboxUrl: 'http://127.0.0.1:3400',
  publicUrl: 'http://localhost:3000',
  port: 3000,
}

describe('settings of npm start', () => {
  test('have defaults', () => {
    const { ports, external, publicUrl, demoPosts } = readSettings({})
    expect(ports).toEqual({
      api: 3000,
      sandbox: 3400,
      temporal: 7233,
      temporalUi: 8233,
      postgres: 5433,
    })
    expect(external).toEqual({})
    expect([publicUrl, demoPosts]).toEqual(['http://localhost:3000', true])
  })

  test('an empty variable counts as not set', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: '' }).external.databaseUrl).toBeUndefined()
  })

  test.each(['0', 'abc', '70000', '3000.5', '-1'])('PORT=%s is refused by name', (PORT) => {
    expect(() => readSettings({ PORT })).toThrow(/^PORT must be a port .* PORT=3000\.$/)
  })

  test('CLARION_DEMO=off skips the posts', () => {
    expect(readSettings({ CLARION_DEMO: 'off' }).demoPosts).toBe(false)
  })

  test('a listener on every address is reached on this machine', () => {
    const urlAt = (HOST: string) => localApiUrl(readSettings({ HOST, PORT: '4000' }))
    expect(urlAt('0.0.0.0')).toBe('http://127.0.0.1:4000')
    expect(urlAt('::1')).toBe('http://[::1]:4000')
  })
})

describe('the environment of API and worker', () => {
  test('points the platforms to the sandbox', () => {
    expect(childEnv({}, PLACE)).toMatchObject({
      X_API_BASE_URL: 'http://127.0.0.1:3400/x',
      BLUESKY_API_BASE_URL: 'http://127.0.0.1:3400',
      CLARION_ALLOWED_PRIVATE_HOSTS: '127.0.0.1:3400',
      X_CLIENT_ID: 'sandbox-x-client',
      X_API_KEY: 'sandbox-x-api-key',
      GOOGLE_BUSINESS_AUTH_BASE_URL: 'http://127.0.0.1:3400/google_business',
      GOOGLE_BUSINESS_CLIENT_SECRET: 'sbx_secret_google_business_client_secret',
    })
  })

  test('leaves a platform alone of which the user has set anything', () => {
    const env = { X_CLIENT_ID: 'mine', MASTODON_API_BASE_URL: 'https://m.example' }
    expect(sandboxPlatforms(env)).not.toContain('x')
    expect(sandboxPlatforms(env)).not.toContain('mastodon')
    expect(sandboxPlatforms(env)).toHaveLength(10)
    // One app of Meta is behind three platforms.
    expect(sandboxPlatforms({ META_APP_ID: 'mine' })).toHaveLength(9)
    const child = childEnv(env, PLACE)
    expect(child.X_CLIENT_ID).toBe('mine')
    expect(child.X_API_BASE_URL).toBeUndefined()
    expect(child.MASTODON_API_BASE_URL).toBe('https://m.example')
  })

  test('keeps private hosts that the user allows', () => {
    const child = childEnv({ CLARION_ALLOWED_PRIVATE_HOSTS: 'localhost:2583' }, PLACE)
    expect(child.CLARION_ALLOWED_PRIVATE_HOSTS).toBe('localhost:2583,127.0.0.1:3400')
  })
})
