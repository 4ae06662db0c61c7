import { afterAll, describe, expect, test } from '@jest/globals'
import { PLATFORMS } from '../domain/platforms.ts'
import { makeRegistry } from './registry.ts'

const registry = makeRegistry({ http: { userAgent: 'clarion-test' } })
afterAll(() => registry.http.close())

describe('registry', () => {
  test('lists all platforms, each with its connector', () => {
    const list = registry.platforms()
    expect(list.map(({ platform }) => platform)).toEqual([...PLATFORMS])
    for (const platform of PLATFORMS) {
      expect(registry.connector(platform)?.platform).toBe(platform)
    }
  })

  test.each(PLATFORMS)('%s describes itself', (platform) => {
    const description = registry.platforms().find((one) => one.platform === platform)
    expect(description?.kinds.length).toBeGreaterThan(0)
    expect(description?.limits?.source).toMatch(/^https:/)
    expect(description?.settingsSchema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
    })
    expect(description?.can).toEqual({ confirm: true, remove: platform !== 'tiktok' })
    const { maxThreadParts, maxFirstCommentLength } = description?.limits ?? {}
    const properties = Object.keys(Object(description?.settingsSchema?.properties))
    expect(properties.includes('thread')).toBe(maxThreadParts !== undefined)
    expect(properties.includes('first_comment')).toBe(maxFirstCommentLength !== undefined)
  })

  test('how each connects', () => {
    const ways = registry
      .platforms()
      .map(({ platform, auth }) => [
        platform,
        auth.map(({ method, kinds }) => `${method}: ${kinds.join(' ')}`),
      ])
    expect(Object.fromEntries(ways)).toMatchObject({
      x: ['oauth2: oauth', 'oauth1: oauth credentials'],
      bluesky: ['app_password: credentials', 'oauth2: oauth'],
      mastodon: ['oauth2: oauth credentials'],
      pinterest: ['oauth2: oauth'],
      reddit: ['oauth2: oauth'],
    })
  })
})
