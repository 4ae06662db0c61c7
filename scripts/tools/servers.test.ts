import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { assertPortFree, freePort } from './free-port.ts'
import { startPostgres } from './postgres.ts'
import { startServerProcess } from './server-process.ts'
import { isAlive } from './tool-cache.ts'

let dir = ''

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-servers-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20)
}

test('PostgreSQL starts again on its folder and port after a stop and after a kill', async () => {
  const dataDir = join(dir, 'closed', 'data')
  // As under root's own home: another account cannot walk in by itself.
  await mkdir(join(dir, 'closed'), { mode: 0o700 })
  const logFile = join(dir, 'postgres.log')
  const options = { dataDir, password: 'p@ss word', logFile, settings: { fsync: 'off' } }
  const first = await startPostgres(options)
  await first.stop()
  const second = await startPostgres({ ...options, port: first.port })
  await second.kill()
  expect(await second.ended).toContain('SIGKILL')
  const third = await startPostgres({ ...options, port: first.port })
  expect(third.url).toBe(first.url)
  await third.stop()
  expect(await readFile(logFile, 'utf8')).toContain('was interrupted')
  expect(isAlive(third.pid)).toBe(false)
})

test('a taken port is one clear line', async () => {
  const server = createServer()
  const port = await freePort()
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve)
  })
  await expect(assertPortFree(port, 'POSTGRES_PORT', 0)).rejects.toThrow(
    `Port ${port} is taken: stop what listens there, or set POSTGRES_PORT.`,
  )
  server.close()
})

test('a program that cannot be started says so', async () => {
  const call = startServerProcess({
    title: 'Gadget',
    command: join(dir, 'nowhere'),
    args: [],
    stopSignal: 'SIGTERM',
  })
  await expect(call).rejects.toThrow(/Gadget could not be started/)
})

test('a kill -9 of the owner ends its servers, also deaf ones, and their folder', async () => {
  const scratch = join(dir, 'scratch')
  await mkdir(scratch)
  const script = `
    const { startServerProcess } = await import(${JSON.stringify(join(import.meta.dirname, 'server-process.ts'))})
    const server = await startServerProcess({
      title: 'deaf', command: '/bin/sh', args: ['-c', 'trap "" TERM; while :; do sleep 0.1; done'],
      stopSignal: 'SIGTERM', removeDirOnDeath: ${JSON.stringify(scratch)},
    })
    console.log(server.pid)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH },
  })
  const lines = createInterface({ input: owner.stdout })
  const { value } = await lines[Symbol.asyncIterator]().next()
  const pid = Number(value)
  expect(isAlive(pid)).toBe(true)
  owner.kill('SIGKILL')
  await until(() => !isAlive(pid))
  await until(async () => (await stat(scratch).catch(() => undefined)) === undefined)
})
