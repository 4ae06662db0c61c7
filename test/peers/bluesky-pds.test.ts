import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Grant } from '../../platforms/authorizer.ts'
import type { Access, Call } from '../../platforms/call.ts'
import type { Attempt, Connector, Draft } from '../../platforms/connector.ts'
import { makeRegistry, type Registry } from '../../platforms/registry.ts'
import { type DroppingProxy, startDroppingProxy } from './dropping-proxy.ts'
import { installPds, makeAccount, type Pds, startPds } from './start-pds.ts'

const installed = await installPds()

interface Bench {
  url: string
  registry: Registry
  connector: Connector
  call: Call
  access: Access
  grant: Grant
  pds: Pds
  proxy: DroppingProxy
}

let bench: Bench

async function connect(
  connector: Connector,
  call: Call,
  credentials: Record<string, string>,
): Promise<{ grant: Grant; access: Access }> {
  const grant = await connector.auth.withCredentials?.(credentials, call)
  if (!grant) throw new Error('no grant')
  const { accessToken, tokenType, secrets = {}, serviceUrl } = grant
  const known = { accessToken, tokenType, secrets, serviceUrl }
  const account = await connector.auth.identify(known, call)
  const { platformAccountId: accountId, handle: accountHandle } = account
  return { grant, access: { ...known, accountId, accountHandle, scopes: [] } }
}

async function start(modules: string): Promise<Bench> {
  const pds = await startPds(modules)
  const { url } = pds
  const proxy = await startDroppingProxy(new URL(url))
  const hosts = [url, proxy.url].map((one) => new URL(one).host)
  const http = { userAgent: 'clarion-test', allowedPrivateHosts: hosts }
  const registry = makeRegistry({ http, timing: { confirmQuietMs: 0 } })
  const connector = registry.connector('bluesky')
  if (!connector) throw new Error('bluesky is not offered')
  const call = { http: registry.http, signal: new AbortController().signal }
  const { password } = await makeAccount(url, 'alice')
  await makeAccount(url, 'bob')
  const credentials = { identifier: 'alice.test', app_password: password, service_url: url }
  const connected = await connect(connector, call, credentials)
  return { url, registry, connector, call, pds, proxy, ...connected }
}

function draft(text: string, settings: Draft['settings'] = {}): Draft {
  return { text, settings, idempotencyKey: crypto.randomUUID(), createdAt: new Date() }
}

function attempt(of: Draft, sendBefore = new Date(Date.now() - 1)): Attempt {
  return { draft: of, startedAt: of.createdAt, sendBefore }
}

async function records(): Promise<{ uri: string; value: Record<string, unknown> }[]> {
  const query = `repo=${bench.access.accountId}&collection=app.bsky.feed.post&limit=100`
  const answer = await fetch(`${bench.url}/xrpc/com.atproto.repo.listRecords?${query}`)
  return Object(await answer.json()).records
}

async function textCount(text: string): Promise<number> {
  return (await records()).filter(({ value }) => value.text === text).length
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  )
}

const describePeer = installed === undefined ? describe.skip : describe

describePeer('against a real Bluesky PDS', () => {
  beforeAll(async () => {
    bench = await start(installed ?? '')
  }, 60_000)

  afterAll(async () => {
    await bench?.registry.http.close()
    await bench?.proxy.close()
    await bench?.pds.close()
  })

  test('the sign-in reveals account, server and lifetimes', () => {
    expect(bench.access).toMatchObject({ accountHandle: 'alice.test', serviceUrl: bench.url })
    expect(bench.access.accountId).toMatch(/^did:plc:/)
    const hours = ((bench.grant.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(1)
    expect(hours).toBeLessThan(3)
  })

  test('a wrong app password is refused', async () => {
    const credentials = { identifier: 'alice.test', service_url: bench.url }
    const wrong = { ...credentials, app_password: 'aaaa-bbbb-cccc-dddd' }
    const refused = await failureOf(connect(bench.connector, bench.call, wrong))
    expect(refused).toMatchObject({ kind: 'auth_revoked', code: 'bluesky_login_refused' })
  })

  test('facets by bytes, settings, repeated commit makes one record, delete', async () => {
    const text = '👩‍👩‍👧 Grüße @bob.test @nobody.test: (https://example.com/ü) #größe 日本語'
    const settings = { langs: ['de'], labels: ['nudity'], tags: ['extra'] }
    const made = draft(text, settings)
    const { connector, access, call } = bench
    const post = await connector.commit(made, access, call)
    expect(await connector.commit(made, access, call)).toEqual(post)
    const stored = (await records()).filter(({ uri }) => uri === post.platformPostId)
    expect(stored).toHaveLength(1)
    const value = Object(stored[0]?.value)
    const bytes = Buffer.from(text)
    const marked = Object(value).facets.map((facet: { index: Record<string, number> }) =>
      bytes.subarray(facet.index.byteStart, facet.index.byteEnd).toString(),
    )
    expect(marked).toEqual(['@bob.test', 'https://example.com/ü', '#größe'])
    expect(value).toMatchObject({ langs: ['de'], tags: ['extra'] })
    await connector.remove?.(post, access, call)
    await connector.remove?.(post, access, call)
    expect(await textCount(text)).toBe(0)
  })

  test('a lost answer is found, and sending again makes no second post', async () => {
    const { connector, access, call, proxy } = bench
    const made = draft('the answer got lost')
    const throughProxy = { ...access, serviceUrl: proxy.url }
    proxy.dropNextAnswer()
    const lost = await failureOf(connector.commit(made, throughProxy, call))
    expect(lost).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
    const found = await connector.confirm?.(attempt(made), access, call)
    expect(found?.outcome).toBe('found')
    const again = await connector.commit(made, access, call)
    expect(found).toMatchObject({ post: again })
    expect(await textCount(made.text)).toBe(1)
  })

  test('two commits at once make one record', async () => {
    const { connector, access, call } = bench
    const made = draft('two at once')
    const posts = await Promise.all([
      connector.commit(made, access, call),
      connector.commit(made, access, call),
    ])
    expect(posts[0]).toEqual(posts[1])
    expect(await textCount(made.text)).toBe(1)
  })

  test('what never arrived is absent, but not while it may arrive', async () => {
    const { connector, access, call } = bench
    const never = draft('never sent')
    const early = attempt(never, new Date(Date.now() + 60_000))
    expect(await connector.confirm?.(early, access, call)).toMatchObject({ outcome: 'cannot_tell' })
    expect(await connector.confirm?.(attempt(never), access, call)).toEqual({ outcome: 'absent' })
  })

  test('another text under the same key is refused', async () => {
    const { connector, access, call } = bench
    const made = draft('first')
    await connector.commit(made, access, call)
    const refused = await failureOf(connector.commit({ ...made, text: 'other' }, access, call))
    expect(refused).toMatchObject({ kind: 'rejected', code: 'bluesky_key_taken' })
    expect(await textCount('first')).toBe(1)
  })

  test('the server agrees with validate about 300 graphemes and 3000 bytes', async () => {
    const { connector, access, call } = bench
    const longest = '👩‍👩‍👧'.repeat(150) + 'a'.repeat(150)
    expect(connector.validate({ text: longest, settings: {} })).toEqual([])
    await connector.commit(draft(longest), access, call)
    const refusals: [string, string][] = [
      [`${longest}b`, 'text_too_long'],
      ['👩‍👩‍👧'.repeat(170), 'text_too_many_bytes'],
    ]
    for (const [text, code] of refusals) {
      expect(connector.validate({ text, settings: {} })).toMatchObject([{ code }])
      const refused = await failureOf(connector.commit(draft(text), access, call))
      expect(refused).toMatchObject({ kind: 'rejected', code: 'bluesky_invalid_request' })
    }
  })

  test('refresh, a garbled token, and the end of a session', async () => {
    const { connector, access, call, grant, url } = bench
    const request = {
      accessToken: '',
      refreshToken: grant.refreshToken,
      secrets: {},
      serviceUrl: url,
    }
    const first = await connector.auth.refresh?.(request, call)
    const second = await connector.auth.refresh?.(request, call)
    expect(first?.refreshToken).not.toBe(grant.refreshToken)
    expect(second?.accessToken).toBeTruthy()
    const garbled = { ...access, accessToken: 'not.a.token' }
    expect(await failureOf(connector.commit(draft('no'), garbled, call))).toMatchObject({
      kind: 'auth_expired',
    })
    const ended = { ...request, refreshToken: second?.refreshToken }
    await connector.auth.revoke?.(ended, call)
    expect(await failureOf(Promise.resolve(connector.auth.refresh?.(ended, call)))).toMatchObject({
      kind: 'auth_revoked',
      code: 'bluesky_session_ended',
    })
    const saved = { ...ended, secrets: grant.secrets ?? {} }
    expect((await connector.auth.refresh?.(saved, call))?.accessToken).toBeTruthy()
  })
})
