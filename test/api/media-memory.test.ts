import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { makeImage, makePdf, makeVideo } from '../support/media-files.ts'
import { residentBytes, watchMemory } from '../support/memory.ts'
import { startApiProcess, type UrlProcess } from '../support/processes.ts'
import { makePerson, type Person } from './support/api.ts'
import { uploadFile } from './support/upload.ts'

const LARGE_BYTES = 300_000_000
const BOUND_BYTES = 100_000_000

let database: TestDatabase
let home: string
let api: UrlProcess
let alice: Person

beforeAll(async () => {
  database = await testDatabase()
  home = mkdtempSync(join(tmpdir(), 'clarion-media-memory-'))
  alice = await makePerson(database.db, 'acme')
  const env = { CLARION_HOME: home, DATABASE_URL: database.url, TEMPORAL_ADDRESS: '127.0.0.1:1' }
  api = await startApiProcess({ dir: home, env })
}, 60_000)
afterAll(async () => {
  await api.stop()
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

const upload = (path: string) => uploadFile(api.url, alice.key, path)

/** Read and forgotten; answers how many bytes there were. */
async function download(url: string): Promise<number> {
  let bytes = 0
  for await (const chunk of (await fetch(url)).body ?? []) bytes += chunk.length
  return bytes
}

test('memory stays flat while a file of 300 MB comes in, is looked through and goes out', async () => {
  // What every kind needs at its first file is loaded once and stays.
  for (const file of [await makeImage(), makePdf(), await makeVideo()]) {
    const { status, json } = await upload(file.path)
    expect([status, await download(String(json.url))]).toEqual([201, file.facts.bytes])
  }
  const large = await makeVideo({ bytes: LARGE_BYTES })
  const idle = await residentBytes(api.pid())
  const watch = watchMemory(api.pid())
  const { status, json } = await upload(large.path)
  expect([status, json.sha256, json.bytes]).toEqual([201, large.facts.sha256, large.facts.bytes])
  expect(await download(String(json.url))).toBe(large.facts.bytes)
  const growth = (await watch.stop()) - idle
  rmSync(large.path)
  expect(growth).toBeLessThan(BOUND_BYTES)
}, 180_000)
