import { describe, expect, test } from '@jest/globals'
import { pdsOf, readSession } from './session.ts'

const jwt = (claims: object) =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`
const answer = (body: object) => ({
  status: 200,
  headers: new Headers(),
  text: '',
  json: () => body,
})
const session = {
  accessJwt: jwt({ exp: 1_800_000_000 }),
  refreshJwt: 'opaque',
  did: 'did:plc:alice',
  handle: 'alice.test',
}
const NOW = new Date('2026-11-21T12:00:00Z')

describe('readSession', () => {
  test('lifetimes from the tokens, else the documented ones', () => {
    expect(readSession(answer(session), 'https://bsky.social', {}, NOW)).toMatchObject({
      expiresAt: new Date(1_800_000_000_000),
      refreshExpiresAt: new Date('2027-02-19T12:00:00Z'),
      serviceUrl: 'https://bsky.social',
      active: true,
    })
  })

  test('the server of the DID document goes before the one that was asked', () => {
    const service = [
      { id: '#atproto_pds', serviceEndpoint: 'https://morel.us-east.host.bsky.network/' },
    ]
    const read = readSession(answer({ ...session, didDoc: { service } }), 'https://bsky.social', {})
    expect(read.serviceUrl).toBe('https://morel.us-east.host.bsky.network')
  })

  test('no secrets are stored when none were given: stored ones stay', () => {
    expect(readSession(answer(session), 'https://a.test', {})).not.toHaveProperty('secrets')
  })
})

describe('pdsOf', () => {
  test.each([
    [undefined, undefined],
    [{}, undefined],
    [{ service: [{ id: '#other', serviceEndpoint: 'https://a.test' }] }, undefined],
    [
      { service: [{ id: 'did:plc:x#atproto_pds', serviceEndpoint: 'https://a.test' }] },
      'https://a.test',
    ],
    [{ service: [{ id: '#atproto_pds', serviceEndpoint: { uri: 'https://a.test' } }] }, undefined],
    [{ service: [{ id: '#atproto_pds', serviceEndpoint: 'file:///etc/passwd' }] }, undefined],
  ])('%j', (didDoc, expected) => {
    expect(pdsOf(didDoc)).toBe(expected)
  })
})
