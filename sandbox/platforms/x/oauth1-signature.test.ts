import { describe, expect, test } from '@jest/globals'
import { baseString, hmacSha1, readOauthHeader } from './oauth1-signature.ts'

/** The worked example of X's own documentation, "Creating a signature". */
const PARAMS = [
  ['include_entities', 'true'],
  ['status', 'Hello Ladies + Gentlemen, a signed OAuth request!'],
  ['oauth_consumer_key', 'xvz1evFS4wEEPTGEFPHBog'],
  ['oauth_nonce', 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg'],
  ['oauth_signature_method', 'HMAC-SHA1'],
  ['oauth_timestamp', '1318622958'],
  ['oauth_token', '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb'],
  ['oauth_version', '1.0'],
] as const

describe('RFC 5849', () => {
  test('the documented example has the documented signature', () => {
    const url = 'https://api.twitter.com/1.1/statuses/update.json'
    const base = baseString({ method: 'post', url, params: PARAMS })
    expect(base).toMatch(/^POST&https%3A%2F%2Fapi.twitter.com%2F1.1%2Fstatuses%2Fupdate.json&inc/)
    expect(base).toContain('Hello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed')
    const signature = hmacSha1(
      base,
      'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
    )
    expect(signature).toBe('hCtSmYh+iHYCEqBWrE7C7hYmtUk=')
  })

  test('the RFC example sorts by name and value and keeps empty values', () => {
    const url = 'http://EXAMPLE.COM:80/request'
    const params = [
      ['b5', '=%3D'],
      ['a3', 'a'],
      ['c@', ''],
      ['a2', 'r b'],
      ['oauth_consumer_key', '9djdj82h48djs9d2'],
      ['c2', ''],
      ['a3', '2 q'],
    ] as const
    expect(baseString({ method: 'POST', url, params })).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D' +
        '%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2',
    )
  })

  test('headers are read decoded; other schemes and garbled lists are not', () => {
    const header = readOauthHeader('OAuth realm="", oauth_nonce="a%2Bb", oauth_version="1.0"')
    expect(header?.get('oauth_nonce')).toBe('a+b')
    expect(readOauthHeader('Bearer abc')).toBeUndefined()
    expect(readOauthHeader('OAuth nonsense')?.size).toBe(0)
  })
})
