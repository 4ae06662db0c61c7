import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { AppCredentials, Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import type { Connector, PublishCall } from '../../platforms/connector.ts'
import { makeRegistry, type Registry } from '../../platforms/registry.ts'
import { prepareOnce } from '../connectors/drive.ts'
import { type FileSource, startFileSource } from '../connectors/file-source.ts'
import { failureOf } from '../connectors/harness.ts'
import { makeImage } from '../support/media-files.ts'
import { blobAt, commitPart, recordAt, textDraft } from './bluesky-bench.ts'
import { consentOnPds } from './consent.ts'
import { installPds, makeAccount, type Pds, startPds } from './start-pds.ts'

const installed = await installPds()

const REDIRECT = 'http://127.0.0.1:3000/oauth/callback/bluesky'
/** The development client of https://atproto.com/specs/oauth#localhost-client-development */
const CLIENT_ID = `http://localhost?${new URLSearchParams({
  redirect_uri: REDIRECT,
  scope: 'atproto transition:generic',
})}`

interface Bench {
  pds: Pds
  registry: Registry
  connector: Connector
  auth: Authorizer
  files: FileSource
  call: PublishCall
  did: string
  password: string
}

let bench: Bench

async function start(modules: string): Promise<Bench> {
  const pds = await startPds(modules)
  const registry = makeRegistry({
    hosts: { bluesky: { services: { plc: pds.plcUrl } } },
    http: { userAgent: 'clarion-test', allowedPrivateHosts: [new URL(pds.url).host] },
    timing: { confirmQuietMs: 0 },
  })
  const connector = registry.connector('bluesky')
  const auth = registry.authorizer('bluesky', 'oauth2')
  if (!connector || !auth) throw new Error('bluesky is not offered')
  const files = await startFileSource()
  const call = { http: registry.http, signal: new AbortController().signal, media: files }
  const { did, mainPassword: password } = await makeAccount(pds.url, 'alice')
  return { pds, registry, connector, auth, files, call, did, password }
}

async function connect(app: AppCredentials = { clientId: CLIENT_ID }): Promise<Grant> {
  const { auth, call, pds, password } = bench
  const codeVerifier = randomBytes(48).toString('base64url')
  const serviceUrl = pds.url
  const shared = { app, redirectUri: REDIRECT, state: randomUUID(), codeVerifier, serviceUrl }
  const asked = { ...shared, scopes: [], isReconnect: false }
  const redirect = await auth.authorizationUrl?.(asked, call)
  if (!redirect) throw new Error('no redirect flow')
  const params = await consentOnPds(redirect.url, 'alice.test', password)
  const grant = await auth.exchange?.({ ...shared, params, secrets: redirect.secrets ?? {} }, call)
  if (!grant) throw new Error('no grant')
  return grant
}

function accessOf(grant: Grant): Access {
  const { accessToken, tokenType, secrets = {}, serviceUrl = '', scopes } = grant
  const account = { accountId: bench.did, accountHandle: 'alice.test' }
  return { accessToken, tokenType, secrets, serviceUrl, scopes, ...account }
}

function refreshOf(grant: Grant, app: AppCredentials = { clientId: CLIENT_ID }) {
  const { accessToken, refreshToken, secrets = {}, serviceUrl = '' } = grant
  const token = refreshToken === undefined ? {} : { refreshToken }
  return { app, accessToken, ...token, secrets, serviceUrl, accountId: bench.did }
}

const describeReal = installed === undefined ? describe.skip : describe

describeReal('OAuth of a real PDS', () => {
  beforeAll(async () => {
    bench = await start(installed ?? '')
  }, 60_000)
  afterAll(async () => {
    await Promise.all([bench?.registry.http.close(), bench?.files.close()])
    await bench?.pds.close()
  })

  test('pushed request, consent, bound tokens, and the account is proven', async () => {
    const grant = await connect()
    expect(grant).toMatchObject({
      tokenType: 'dpop',
      scopes: ['atproto', 'transition:generic'],
      serviceUrl: bench.pds.url,
    })
    const account = await bench.auth.identify(accessOf(grant), bench.call)
    expect(account).toMatchObject({ platformAccountId: bench.did, handle: 'alice.test' })
  })

  test('publish, find again, delete', async () => {
    const access = accessOf(await connect())
    const { connector, call } = bench
    const made = textDraft('by OAuth')
    const post = await commitPart({ connector, call, access }, made)
    const attempt = { draft: made, startedAt: made.createdAt, sendBefore: new Date() }
    const found = await connector.confirm?.(attempt, access, call)
    expect(found).toEqual({ outcome: 'found', post })
    await connector.remove?.(post, access, call)
    expect(await connector.confirm?.(attempt, access, call)).toEqual({ outcome: 'absent' })
  })

  test('a picture: streamed under a proof of its own, shown with its words', async () => {
    const access = accessOf(await connect())
    const { connector, call, files, pds } = bench
    const photo = await makeImage({ width: 640, height: 480 })
    files.add(photo)
    const made = { ...textDraft('shown'), media: [{ ...photo.facts, altText: 'A view' }] }
    const prepared = await prepareOnce(connector, made, access, call)
    const { platformPostId } = await commitPart({ connector, call, access }, made, prepared)
    const { images } = Object((await recordAt(pds, platformPostId))?.embed)
    expect(images).toMatchObject([{ alt: 'A view', aspectRatio: { width: 640, height: 480 } }])
    const stored = await blobAt({ url: pds.url, access }, images[0].image)
    expect(stored).toEqual(await readFile(photo.path))
  })

  test('a token is worth nothing without its key', async () => {
    const grant = await connect()
    const other = await connect()
    const stolen = { ...accessOf(grant), secrets: other.secrets ?? {} }
    const asBearer = { ...accessOf(grant), tokenType: 'bearer' }
    for (const access of [stolen, asBearer]) {
      const failure = await failureOf(commitPart({ ...bench, access }, textDraft('stolen')))
      expect(failure).toMatchObject({ name: 'PlatformFailure' })
    }
  })

  test('a refresh renews both; the spent token ends the session', async () => {
    const grant = await connect()
    const fresh = await bench.auth.refresh?.(refreshOf(grant), bench.call)
    if (!fresh) throw new Error('no refresh')
    expect(fresh.refreshToken).not.toBe(grant.refreshToken)
    const renewed = { ...grant, ...fresh }
    await commitPart({ ...bench, access: accessOf(renewed) }, textDraft('renewed'))
    const ended = { kind: 'auth_revoked', code: 'bluesky_grant_ended' }
    const { refresh } = bench.auth
    expect(await failureOf(Promise.resolve(refresh?.(refreshOf(grant), bench.call)))).toMatchObject(
      ended,
    )
    expect(
      await failureOf(Promise.resolve(refresh?.(refreshOf(renewed), bench.call))),
    ).toMatchObject(ended)
  })

  test('revoke ends the session', async () => {
    const grant = await connect()
    await bench.auth.revoke?.(refreshOf(grant), bench.call)
    const refreshed = Promise.resolve(bench.auth.refresh?.(refreshOf(grant), bench.call))
    expect(await failureOf(refreshed)).toMatchObject({
      kind: 'auth_revoked',
    })
  })

  test('a return address that the client does not have', async () => {
    const failure = await failureOf(connect({ clientId: 'http://localhost' }))
    expect(failure).toMatchObject({ kind: 'rejected', code: 'bluesky_app_refused' })
  })
})
