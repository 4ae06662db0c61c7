import { describe, expect, test } from '@jest/globals'
import { guardedLookup, hostAndPort, isAcceptableUrl, isPublicAddress } from './host-guard.ts'

describe('isPublicAddress', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:93.184.215.14',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '100::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'not an address',
  ])('%s is refused', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  test.each(['1.1.1.1', '93.184.215.14', '172.32.0.1', '2606:4700:4700::1111'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )
})

describe('isAcceptableUrl', () => {
  const allowed = new Set(['localhost:2583', '127.0.0.1:80'])

  test.each([
    ['https://mastodon.social', true],
    ['https://mastodon.social:8443', true],
    ['https://1.1.1.1', true],
    ['http://localhost:2583', true],
    ['https://localhost:2583', true],
    ['http://127.0.0.1', true],
    ['http://localhost:2584', false],
    ['http://user@localhost:2583', false],
    ['http://mastodon.social', false],
    ['https://[fd00::1]', false],
    ['https://[64:ff9b::a00:1]', false],
  ])('%s: %s', (url, acceptable) => {
    expect(isAcceptableUrl(new URL(url), allowed)).toBe(acceptable)
  })

  test('hostAndPort writes the default port', () => {
    expect(hostAndPort(new URL('https://bsky.social/x'))).toBe('bsky.social:443')
    expect(hostAndPort(new URL('http://bsky.social/x'))).toBe('bsky.social:80')
  })
})

describe('guardedLookup', () => {
  const answering = (addresses: string[]) =>
    guardedLookup((_name, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    )

  const resolve = (addresses: string[], all: boolean) =>
    new Promise((done) => {
      answering(addresses)('name', { all }, (error, address) => done(error ?? address))
    })

  test('gives one address or all, as asked', async () => {
    expect(await resolve(['1.1.1.1'], false)).toBe('1.1.1.1')
    expect(await resolve(['1.1.1.1'], true)).toEqual([{ address: '1.1.1.1', family: 4 }])
  })

  test.each([[['10.0.0.1']], [['1.1.1.1', '::1']], [[]]])('%j is refused', async (addresses) => {
    expect(await resolve(addresses, true)).toMatchObject({ code: 'HOST_REFUSED' })
  })
})
