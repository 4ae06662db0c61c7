import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from '@jest/globals'
import type { Grant } from '../../platforms/authorizer.ts'
import type { Access } from '../../platforms/call.ts'
import type {
  Committed,
  Connector,
  Content,
  Draft,
  Prepared,
  PublishCall,
} from '../../platforms/connector.ts'
import { makeRegistry, type Registry } from '../../platforms/registry.ts'
import { contentOf, drive } from '../connectors/drive.ts'
import { type FileSource, startFileSource } from '../connectors/file-source.ts'
import { type MediaFile, makeImage } from '../support/media-files.ts'
import { type DroppingProxy, startDroppingProxy } from './dropping-proxy.ts'
import { makeAccount, type Pds, startPds } from './start-pds.ts'

/** What a page says of itself, with a picture, at an address that may be asked. */
export interface Page {
  url: string
  picture: MediaFile
  close(): Promise<void>
}

/** A real PDS with alice and bob, and the connector as alice. */
export interface Bench {
  url: string
  pds: Pds
  proxy: DroppingProxy
  page: Page
  registry: Registry
  connector: Connector
  files: FileSource
  call: PublishCall
  grant: Grant
  access: Access
  bob: { did: string }
  close(): Promise<void>
}

export async function startBench(modules: string): Promise<Bench> {
  const pds = await startPds(modules)
  const { url } = pds
  const [proxy, page, files] = await Promise.all([
    startDroppingProxy(new URL(url)),
    startPage(),
    startFileSource(),
  ])
  const registry = makeRegistry({
    // A bare PDS: asked for the video service, it says that it has none.
    hosts: { bluesky: { services: { plc: pds.plcUrl, video: url } } },
    http: {
      userAgent: 'clarion-test',
      allowedPrivateHosts: [url, proxy.url, page.url].map((one) => new URL(one).host),
    },
    timing: { confirmQuietMs: 0 },
  })
  const connector = registry.connector('bluesky')
  if (!connector) throw new Error('bluesky is not offered')
  const call = { http: registry.http, signal: new AbortController().signal, media: files }
  const { password } = await makeAccount(url, 'alice')
  const bob = await makeAccount(url, 'bob')
  const credentials = { identifier: 'alice.test', app_password: password, service_url: url }
  const connected = await connect(connector, call, credentials)
  const close = async () => {
    await Promise.all([registry.http.close(), proxy.close(), page.close(), files.close()])
    await pds.close()
  }
  return { url, pds, proxy, page, registry, connector, files, call, ...connected, bob, close }
}

export async function connect(
  connector: Connector,
  call: PublishCall,
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

export function textDraft(text: string, settings: Draft['settings'] = {}): Draft {
  const { media, attached } = contentOf({})
  const ids = { idempotencyKey: randomUUID(), createdAt: new Date() }
  return { role: 'post', text, settings, media, attached, ...ids }
}

/** Commits a part; a PDS is never still working on one. */
export async function commitPart(
  { connector, call, access }: Pick<Bench, 'connector' | 'call' | 'access'>,
  draft: Draft,
  prepared?: Prepared,
): Promise<Committed> {
  const made = await connector.commit(draft, access, call, prepared)
  if ('accepted' in made) throw new Error('still being worked on')
  return made
}

/** Publishes what validates, as the worker does, and returns its parts. */
export async function publish(
  { connector, access, call }: Bench,
  content: Partial<Content>,
): Promise<Committed[]> {
  const whole = contentOf(content)
  expect(connector.validate(whole)).toEqual([])
  return (await drive(connector, whole, access, call)).parts
}

/** A record as the server gives it to anybody. */
export async function recordAt(
  { url }: Pick<Bench, 'url'>,
  uri = '',
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const [repo = '', collection = '', rkey = ''] = uri.replace('at://', '').split('/')
  const query = new URLSearchParams({ repo, collection, rkey })
  const answer = await fetch(`${url}/xrpc/com.atproto.repo.getRecord?${query}`)
  return Object(await answer.json()).value
}

/** The one record of a publish. */
export async function published(bench: Bench, content: Partial<Content>) {
  const [post] = await publish(bench, content)
  if (!post) throw new Error('nothing was published')
  const record = await recordAt(bench, post.platformPostId)
  return { post, record: record ?? {}, embed: Object(record?.embed) }
}

/** Every post of alice. */
export async function postsOf({
  url,
  access,
}: Bench): Promise<{ uri: string; value: Record<string, unknown> }[]> {
  const query = `repo=${access.accountId}&collection=app.bsky.feed.post&limit=100`
  const answer = await fetch(`${url}/xrpc/com.atproto.repo.listRecords?${query}`)
  return Object(await answer.json()).records
}

export async function textCount(bench: Bench, text: string): Promise<number> {
  return (await postsOf(bench)).filter(({ value }) => value.text === text).length
}

/** A file as the server gives it to anybody. */
export async function blobAt(
  { url, access }: Pick<Bench, 'url' | 'access'>,
  blob: unknown,
): Promise<Buffer> {
  const query = new URLSearchParams({ did: access.accountId, cid: Object(blob).ref.$link })
  const answer = await fetch(`${url}/xrpc/com.atproto.sync.getBlob?${query}`)
  return Buffer.from(await answer.arrayBuffer())
}

async function startPage(): Promise<Page> {
  const picture = await makeImage({ width: 200, height: 100 })
  const bytes = await readFile(picture.path)
  const html = `<html><head><title>Plain</title><meta property="og:title" content="Caf&eacute; &amp; Co">
    <meta property="og:description" content="What we do"><meta property="og:image" content="/p.jpg"></head>`
  const server = createServer((req, res) => {
    const isPicture = req.url === '/p.jpg'
    const type = isPicture ? 'image/jpeg' : 'text/html; charset=utf-8'
    res.writeHead(200, { 'content-type': type }).end(isPicture ? bytes : html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/about`, picture, close }
}
