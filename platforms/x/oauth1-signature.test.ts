import { describe, expect, test } from '@jest/globals'
import { type Oauth1Keys, oauth1Header, sign, signatureBase } from './oauth1-signature.ts'

type Pairs = [string, string][]

/** Example of https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1 */
const RFC = {
  request: {
    method: 'post',
    url: new URL('http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b'),
    form: new URLSearchParams('c2&a3=2+q'),
  },
  protocol: [
    ['oauth_consumer_key', '9djdj82h48djs9d2'],
    ['oauth_token', 'kkk9d7dh3k39sjv7'],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', '137131201'],
    ['oauth_nonce', '7d8f3e4a'],
  ] satisfies Pairs,
  base:
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25' +
    '253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26' +
    'oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k3' +
    '9sjv7',
}

/** Example of https://docs.x.com/fundamentals/authentication/oauth-1-0a/creating-a-signature */
const X_KEYS: Oauth1Keys = {
  apiKey: 'xvz1evFS4wEEPTGEFPHBog',
  apiSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
  token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
  tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
}

describe('RFC 5849', () => {
  test('signature base string: names twice, empty values, default port, encoded again', () => {
    expect(signatureBase(RFC.request, RFC.protocol)).toBe(RFC.base)
  })

  test('HMAC-SHA1 of the photos example (§1.2)', () => {
    const url = new URL('http://photos.example.net/photos?file=vacation.jpg&size=original')
    const protocol: Pairs = [
      ['oauth_consumer_key', 'dpf43f3p2l4k3l03'],
      ['oauth_token', 'nnch734d00sl2jdk'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131202'],
      ['oauth_nonce', 'chapoH'],
    ]
    const keys = { apiKey: '', apiSecret: 'kd94hf93k423kf44', tokenSecret: 'pfkkdhi9sl3r4s00' }
    const base = signatureBase({ method: 'GET', url }, protocol)
    expect(sign(base, keys)).toBe('MdpQcU8iPSUjWoN/UDMsK2sui9I=')
  })

  test('without a token the key still ends with an ampersand', () => {
    expect(sign('base', { apiKey: '', apiSecret: 'a b' })).toBe(
      sign('base', { apiKey: '', apiSecret: 'a b', tokenSecret: '' }),
    )
    expect(sign('base', { apiKey: '', apiSecret: 'a' })).not.toBe(
      sign('base', { apiKey: '', apiSecret: '', tokenSecret: 'a' }),
    )
  })
})

describe('the header', () => {
  const moment = {
    timestampSeconds: 1_318_622_958,
    nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
  }

  test('as the documents of X have it', () => {
    const header = oauth1Header(
      {
        method: 'POST',
        url: new URL('https://api.twitter.com/1.1/statuses/update.json?include_entities=true'),
        form: new URLSearchParams({ status: 'Hello Ladies + Gentlemen, a signed OAuth request!' }),
      },
      X_KEYS,
      moment,
    )
    expect(header).toMatch(/^OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_nonce="/)
    expect(header).toContain('oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"')
  })

  test('a callback is encoded, and a new nonce makes another signature', () => {
    const request = {
      method: 'POST',
      url: new URL('https://api.x.com/oauth/request_token'),
      extra: { oauth_callback: "https://c.test/cb?state=a!b'(c)*" },
    }
    const { token: _token, tokenSecret: _secret, ...app } = X_KEYS
    const header = oauth1Header(request, app)
    expect(header).toContain(
      'oauth_callback="https%3A%2F%2Fc.test%2Fcb%3Fstate%3Da%21b%27%28c%29%2A"',
    )
    expect(header).not.toContain('oauth_token=')
    expect(oauth1Header(request, app)).not.toBe(header)
  })
})
