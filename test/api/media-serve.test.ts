import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { makeVideo } from '../support/media-files.ts'
import { startTestApi, type TestApi } from './support/api.ts'
import { uploadFile } from './support/upload.ts'

let api: TestApi
let url: string
let bytes: Buffer
let sha256: string

beforeAll(async () => {
  api = await startTestApi({ anonymousRatePerMinute: 1 })
  const { path, facts } = await makeVideo({ bytes: 1_000_000 })
  bytes = readFileSync(path)
  sha256 = facts.sha256
  const { json } = await uploadFile(api.url, api.alice.key, path, { fileName: 'my film.mp4' })
  url = String(json.url)
})
afterEach(() => api.setNow(undefined))
afterAll(() => api.close())

const get = (headers: Record<string, string> = {}, method = 'GET', address = url) =>
  fetch(address, { method, headers, redirect: 'manual' })

describe('the address of a file', () => {
  test('answers the file to anybody, as what it is, as often as it is asked', async () => {
    for (let time = 0; time < 3; time++) {
      const response = await get()
      expect(response.status).toBe(200)
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'video/mp4',
        'content-length': String(bytes.length),
        'content-disposition': 'inline',
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
        etag: `"${sha256}"`,
      })
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect(new URL(url).pathname).toMatch(/^\/media\/[0-9a-f-]{36}\/[0-9a-f-]{36}\/my-film\.mp4$/)
  })

  test('answers HEAD without a body and refuses other methods', async () => {
    const head = await get({}, 'HEAD')
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
    expect((await head.arrayBuffer()).byteLength).toBe(0)
    const post = await get({}, 'POST')
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  const size = () => bytes.length

  test.each<[string, () => [start: number, end: number]]>([
    ['bytes=0-0', () => [0, 1]],
    ['bytes=10-19', () => [10, 20]],
    ['bytes=500000-', () => [500_000, size()]],
    ['bytes=-7', () => [size() - 7, size()]],
    ['bytes=-99999999', () => [0, size()]],
    ['bytes=5-99999999', () => [5, size()]],
  ])('answers the range %s', async (range, expected) => {
    const [start, end] = expected()
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${size()}`)
    expect(response.headers.get('content-length')).toBe(String(end - start))
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true)
  })

  test.each(['bytes=99999999-', 'bytes=-0'])('has no range %s', async (range) => {
    const response = await get({ range })
    expect([response.status, response.headers.get('content-range')]).toEqual([
      416,
      `bytes */${size()}`,
    ])
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable' })
  })

  test.each(['bytes=9-5', 'lines=1-2', 'bytes=', 'bytes=0-1,4-5', 'bytes=a-b'])(
    'answers the whole file to %s',
    async (range) => expect((await get({ range })).status).toBe(200),
  )

  test('answers the whole file when the range is of another version', async () => {
    const range = 'bytes=0-1'
    expect((await get({ range, 'if-range': '"other"' })).status).toBe(200)
    expect((await get({ range, 'if-range': `"${sha256}"` })).status).toBe(206)
  })

  test('ends after an hour, and a changed one never was: the answer is the same', async () => {
    const parsed = new URL(url)
    const change = (edit: (copy: URL) => void) => {
      const copy = new URL(url)
      edit(copy)
      return String(copy)
    }
    const changed = [
      change((copy) => copy.searchParams.set('expires', '99999999999')),
      change((copy) => copy.searchParams.delete('signature')),
      change((copy) => copy.searchParams.append('signature', 'x')),
      change((copy) => {
        copy.pathname = copy.pathname.replace('my-film', 'other')
      }),
      change((copy) => {
        copy.pathname = copy.pathname.replace(api.alice.tenantId, api.bob.tenantId)
      }),
      change((copy) => {
        copy.pathname = `/media/x/${'%00'}/y`
      }),
    ]
    const problems: unknown[] = []
    for (const address of changed) {
      const response = await get({}, 'GET', address)
      expect([address, response.status]).toEqual([address, 403])
      problems.push(codeIn(await response.text()))
    }
    api.setNow(Number(parsed.searchParams.get('expires')) * 1000)
    const ended = await get()
    expect(ended.status).toBe(403)
    expect(new Set([...problems, codeIn(await ended.text())])).toEqual(
      new Set(['media_link_invalid']),
    )
    expect(api.logs()).not.toContain(parsed.searchParams.get('signature'))
  })

  test('of a file that the store has lost is not found, and the operator is told', async () => {
    const { path } = await makeVideo({ bytes: 50_000 })
    const { json } = await uploadFile(api.url, api.alice.key, path)
    rmSync(join(api.media.dir, 'files', api.alice.tenantId, String(json.sha256)))
    expect((await get({}, 'GET', String(json.url))).status).toBe(404)
    expect(api.logs()).toContain('the media store lacks a file')
  })
})

function codeIn(text: string): unknown {
  return JSON.parse(text).code
}
