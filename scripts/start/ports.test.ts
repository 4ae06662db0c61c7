import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { freePort } from '../tools/free-port.ts'
import { assertPortsFree } from './ports.ts'
import { readSettings, type Settings } from './settings.ts'

const listening: Server[] = []

afterEach(async () => {
  const closed = listening
    .splice(0)
    .map((server) => new Promise((resolve) => server.close(resolve)))
  await Promise.all(closed)
})

/** A port that something listens on until the test ends. */
async function takenPort(): Promise<number> {
  const server = createServer()
  listening.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function settingsWith(ports: Partial<Settings['ports']>): Promise<Settings> {
  const names = ['api', 'sandbox', 'temporal', 'temporalUi', 'postgres'] as const
  const free = await Promise.all(names.map(async (name) => [name, await freePort()] as const))
  return {
    ...readSettings({}),
    ports: { ...readSettings({}).ports, ...Object.fromEntries(free), ...ports },
  }
}

test('free ports are no trouble', async () => {
  await expect(assertPortsFree(await settingsWith({}))).resolves.toBeUndefined()
})

test('all that are taken are named with their variables and a way out', async () => {
  const [api, temporal] = [await takenPort(), await takenPort()]
  const settings = await settingsWith({ api, temporal })
  await expect(assertPortsFree(settings)).rejects.toThrow(
    `Ports ${api} (PORT), ${temporal} (TEMPORAL_PORT) are taken: ` +
      `stop what listens there, or choose others: PORT=${api + 1000} npm start`,
  )
})

test('a port that is left in time is waited for', async () => {
  const settings = await settingsWith({ sandbox: await takenPort() })
  const asserted = assertPortsFree(settings)
  for (const server of listening.splice(0)) server.close()
  await expect(asserted).resolves.toBeUndefined()
})

test('ports of what somebody else runs are not looked at', async () => {
  const port = await takenPort()
  const settings = await settingsWith({ temporal: port, temporalUi: port, postgres: port })
  const external = { temporalAddress: 'elsewhere:7233', databaseUrl: 'postgresql://elsewhere' }
  await expect(assertPortsFree({ ...settings, external })).resolves.toBeUndefined()
})
