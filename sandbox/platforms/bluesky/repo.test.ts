import { describe, expect, test } from '@jest/globals'
import { login, POST, post, procedure, put } from '../../testing/bluesky-login.ts'
import { call, pick, withSandbox } from '../../testing/http.ts'

const RKEY = '3lztksnhlfs2k'
const CREATE = 'com.atproto.repo.createRecord'

describe('putRecord', () => {
  test('with swapRecord null it is an idempotent create', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const create = { swapRecord: null }
      const first = await put(url, session, RKEY, post('Hello'), create)
      expect(first.status).toBe(200)
      expect(first.body).toEqual({
        uri: `at://${session.did}/${POST}/${RKEY}`,
        cid: expect.stringMatching(/^bafyrei[a-z2-7]{52}$/),
        commit: {
          cid: expect.stringMatching(/^bafyrei/),
          rev: expect.stringMatching(/^[2-7a-z]{13}$/),
        },
        validationStatus: 'valid',
      })
      const again = await put(url, session, RKEY, post('Hello'), create)
      expect(again.status).toBe(200)
      expect(pick(again.body, 'cid')).toBe(pick(first.body, 'cid'))
      expect(again.body).not.toHaveProperty('commit')
      const other = await put(url, session, RKEY, post('Other'), create)
      expect([other.status, other.body]).toEqual([
        400,
        { error: 'InvalidSwap', message: `Record was at ${pick(first.body, 'cid')}` },
      ])
      const truth = await call(`${url}/_sandbox/posts?platform=bluesky`)
      expect(truth.body).toMatchObject({ data: { length: 1, 0: { text: 'Hello' } } })
    }))

  test('without swapRecord another body overwrites, with the right CID too', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const first = await put(sandbox.url, session, RKEY, post('One'))
      const second = await put(sandbox.url, session, RKEY, post('Two'))
      expect(second.status).toBe(200)
      const stale = { swapRecord: pick(first.body, 'cid') }
      expect((await put(sandbox.url, session, RKEY, post('Three'), stale)).status).toBe(400)
      const fresh = { swapRecord: pick(second.body, 'cid') }
      expect((await put(sandbox.url, session, RKEY, post('Three'), fresh)).status).toBe(200)
    }))

  test('the CID depends on the record, not on the order of its members', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const first = await put(sandbox.url, session, RKEY, post('Order'))
      const shuffled = Object.fromEntries(Object.entries(post('Order')).reverse())
      const again = await put(sandbox.url, session, RKEY, shuffled, { swapRecord: null })
      expect(pick(again.body, 'cid')).toBe(pick(first.body, 'cid'))
    }))
})

describe('createRecord', () => {
  test('an existing key is a 500, as on the real server, and stores nothing', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const { did, access } = await login(sandbox)
      const input = { repo: did, collection: POST, rkey: RKEY, record: post('Hi') }
      const first = await procedure(url, CREATE, input, access)
      expect(first.headers.get('ratelimit-remaining')).toBe('4997')
      const again = await procedure(url, CREATE, input, access)
      expect([again.status, again.body]).toEqual([
        500,
        { error: 'InternalServerError', message: 'Internal Server Error' },
      ])
      const truth = await call(`${url}/_sandbox/posts?platform=bluesky`)
      expect(truth.body).toMatchObject({ data: { length: 1 } })
    }))

  test('only into your own repo', () =>
    withSandbox({}, async (sandbox) => {
      const { access } = await login(sandbox)
      const input = { repo: 'bob.bsky.social', collection: POST, record: post('Hi') }
      expect((await procedure(sandbox.url, CREATE, input, access)).status).toBe(401)
    }))
})

describe('validation', () => {
  const emoji = '👩‍👩‍👧‍👦'
  const facet = (byteStart: number, byteEnd: number, uri = 'https://example.com') => ({
    facets: [
      {
        index: { byteStart, byteEnd },
        features: [{ $type: 'app.bsky.richtext.facet#link', uri }],
      },
    ],
  })

  test.each([
    ['301 graphemes', post('a'.repeat(301)), /must not be longer than 300 graphemes/],
    ['3001 bytes', post(emoji.repeat(121)), /must not be longer than 3000/],
    ['no createdAt', { $type: POST, text: 'a' }, /createdAt/],
    ['a date that is none', post('a', { createdAt: '1 May' }), /createdAt/],
    ['four languages', post('a', { langs: ['en', 'de', 'fr', 'it'] }), /langs/],
    ['a facet past the end', post('é', facet(0, 3)), /within the 2 bytes/],
    ['an empty facet', post('abc', facet(1, 1)), /within/],
    ['a negative facet', post('abc', facet(-1, 1)), /byteStart/],
    ['a link that is none', post('abc', facet(0, 1, 'example')), /must be a uri/],
    ['another $type', post('a', { $type: 'app.bsky.feed.like' }), /Invalid \$type/],
    ['a float', post('a', { score: 1.5 }), /float/i],
  ])('refuses %s', (_name, record, reason) =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const reply = await put(sandbox.url, session, RKEY, record)
      expect(reply.status).toBe(400)
      expect(pick(reply.body, 'error')).toBe('InvalidRequest')
      expect(pick(reply.body, 'message')).toMatch(reason)
    }),
  )

  test('accepts 300 family emoji less the bytes limit, and byte offsets after emoji', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      expect((await put(sandbox.url, session, RKEY, post(emoji.repeat(120)))).status).toBe(200)
      const record = post(`${emoji} see`, facet(26, 29))
      expect((await put(sandbox.url, session, '3lztksnhlfs2l', record)).status).toBe(200)
    }))

  test('refuses a record key that is not a TID', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      for (const rkey of ['hello', 'zzzzzzzzzzzzz', '3lztksnhlfs2']) {
        const reply = await put(sandbox.url, session, rkey, post('a'))
        expect(reply.status).toBe(400)
        expect(pick(reply.body, 'message')).toMatch(/^Invalid record key for app\.bsky\.feed\.post/)
      }
    }))

  test('a blob must have been uploaded', () =>
    withSandbox({}, async (sandbox) => {
      const session = await login(sandbox)
      const blob = await fetch(`${sandbox.url}/xrpc/com.atproto.repo.uploadBlob`, {
        method: 'POST',
        body: new Uint8Array([1, 2, 3]),
        headers: { authorization: `Bearer ${session.access}`, 'content-type': 'image/png' },
      }).then((response) => response.json())
      const embed = (image: unknown) => ({
        embed: { $type: 'app.bsky.embed.images', images: [{ image, alt: '' }] },
      })
      const known = Object(blob).blob
      expect((await put(sandbox.url, session, RKEY, post('a', embed(known)))).status).toBe(200)
      const unknown = {
        ...known,
        ref: { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
      }
      const reply = await put(sandbox.url, session, RKEY, post('b', embed(unknown)))
      expect(reply.body).toMatchObject({ error: 'BlobNotFound' })
    }))
})

describe('reading and deleting', () => {
  test('getRecord, listRecords and deleteRecord', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const keys = ['3lztksnhlfs2k', '3lztksnhlfs2l', '3lztksnhlfs2m']
      for (const rkey of keys) await put(url, session, rkey, post(`Post ${rkey}`))
      const where = `repo=${session.did}&collection=${POST}`
      const one = await call(`${url}/xrpc/com.atproto.repo.getRecord?${where}&rkey=${keys[0]}`)
      expect(one.body).toMatchObject({
        value: { text: `Post ${keys[0]}` },
        cid: expect.any(String),
      })
      const list = await call(`${url}/xrpc/com.atproto.repo.listRecords?${where}&limit=2`)
      expect(list.body).toMatchObject({
        records: [{ value: { text: `Post ${keys[2]}` } }, { value: { text: `Post ${keys[1]}` } }],
        cursor: keys[1],
      })
      const rest = await call(`${url}/xrpc/com.atproto.repo.listRecords?${where}&cursor=${keys[1]}`)
      expect(rest.body).toMatchObject({ records: { length: 1 } })
      const over = await call(`${url}/xrpc/com.atproto.repo.listRecords?${where}&limit=101`)
      expect(over.status).toBe(400)
      const input = { repo: session.did, collection: POST, rkey: keys[0] }
      const remove = () => procedure(url, 'com.atproto.repo.deleteRecord', input, session.access)
      expect((await remove()).body).toHaveProperty('commit')
      expect((await remove()).body).toEqual({})
      const gone = await call(`${url}/xrpc/com.atproto.repo.getRecord?${where}&rkey=${keys[0]}`)
      expect([gone.status, pick(gone.body, 'error')]).toEqual([400, 'RecordNotFound'])
      const truth = await call(`${url}/_sandbox/posts?text=${keys[0]}`)
      expect(truth.body).toMatchObject({ data: [{ deleted_at: expect.any(String) }] })
    }))
})
