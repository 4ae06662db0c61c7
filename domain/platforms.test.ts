import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PLATFORMS, parsePlatform } from './platforms.ts'

test.each(PLATFORMS)('%s is itself, in any case', (platform) => {
  expect(parsePlatform(platform)).toBe(platform)
  expect(parsePlatform(platform.toUpperCase())).toBe(platform)
})

test('twitter means x', () => {
  expect(parsePlatform('twitter')).toBe('x')
  expect(parsePlatform('Twitter')).toBe('x')
})

test('nothing else is a platform, not even what every object has', () => {
  for (const name of ['', 'myspace', 'constructor', 'toString', '__proto__']) {
    expect(parsePlatform(name)).toBeUndefined()
  }
  const known = new Set<string>([...PLATFORMS, 'twitter'])
  const unknown = fc.string().filter((name) => !known.has(name.toLowerCase()))
  fc.assert(fc.property(unknown, (name) => expect(parsePlatform(name)).toBeUndefined()))
})
