import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { testDatabase } from '../support/database.ts'

const MAIN = new URL('../../api/main.ts', import.meta.url).pathname

let database: Awaited<ReturnType<typeof testDatabase>>
let home: string
beforeAll(async () => {
  database = await testDatabase()
  home = mkdtempSync(join(tmpdir(), 'clarion-api-process-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

function start(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, CLARION_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function firstLine(stream: NodeJS.ReadableStream | null, word: string): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) {
    text += String(chunk)
    if (text.includes(word)) return text
  }
  return text
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return String(typeof address === 'object' ? address?.port : 0)
}

test('starts without Temporal, serves, and ends cleanly when told to', async () => {
  const port = await freePort()
  const api = start({ DATABASE_URL: database.url, PORT: port, TEMPORAL_ADDRESS: '127.0.0.1:1' })
  expect(await firstLine(api.stdout, 'listening')).toContain('listening')
  const health = await fetch(`http://127.0.0.1:${port}/healthz`)
  expect(await health.json()).toEqual({ status: 'ok' })
  api.kill('SIGTERM')
  const [code] = await once(api, 'exit')
  expect(code).toBe(0)
})

test('faults of the configuration are one readable list', async () => {
  const api = start({ PORT: 'eighty' })
  const words = await firstLine(api.stderr, 'PORT')
  expect(words).toContain('DATABASE_URL is not set; for example')
  expect(words).toContain('PORT must be a whole number')
  expect(words).not.toContain('    at ')
  if (api.exitCode === null) await once(api, 'exit')
  expect(api.exitCode).toBe(2)
})
