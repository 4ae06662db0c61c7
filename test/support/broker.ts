import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  findVaultBinary,
  temporalBinary,
  timeSkippingBinary,
} from '../../scripts/tools/binaries.ts'
import { messageOf } from '../../scripts/tools/errno.ts'
import { startPostgres } from '../../scripts/tools/postgres.ts'
import { startTemporal } from '../../scripts/tools/temporal.ts'
import { isAlive } from '../../scripts/tools/tool-cache.ts'
import { startVault } from '../../scripts/tools/vault.ts'

/**
 * Starts each server when the first test file asks for it, once per run, and tells the others its
 * address. Lazy, so that a run of unit tests starts nothing. Lives in jest's main process.
 */
export interface Broker {
  url: string
}

type Answer = Record<string, string>
type Stop = () => Promise<void>

const SCRATCH_PREFIX = 'clarion-test-'

const stops: Stop[] = []
const answers = new Map<string, Promise<Answer>>()
const starters: Record<string, () => Promise<Answer>> = {
  '/postgres': providePostgres,
  '/temporal': provideTemporal,
  '/time-skipping': async () => ({ path: (await timeSkippingBinary(report)).path }),
  '/vault': provideVault,
}

export async function startBroker(): Promise<Broker> {
  await removeStaleScratch()
  const server = createServer(async (request, response) => {
    const answer = await answerTo(request.url ?? '').catch((error: unknown) => ({
      problem: messageOf(error),
    }))
    // A kept connection would keep jest from ending.
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  return { url: `http://127.0.0.1:${portOf(server)}` }
}

async function answerTo(path: string): Promise<Answer> {
  if (path === '/stop') return stopAll()
  const start = starters[path]
  if (start === undefined) throw new Error(`The broker knows no ${path}`)
  const answer = answers.get(path) ?? start()
  answers.set(path, answer)
  return answer
}

async function stopAll(): Promise<Answer> {
  // A start still under way would otherwise be missed.
  await Promise.allSettled(answers.values())
  await Promise.all(stops.map((stop) => stop()))
  return {}
}

async function providePostgres(): Promise<Answer> {
  const existing = process.env.TEST_DATABASE_URL || process.env.DATABASE_URL
  if (existing) return { url: existing }
  const dir = await mkdtemp(join(tmpdir(), `${SCRATCH_PREFIX}${process.pid}-`))
  const server = await startPostgres({
    dataDir: join(dir, 'data'),
    password: 'test',
    removeOnDeath: dir,
    // Scratch data: nothing has to outlive a power failure.
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      wal_level: 'minimal',
      max_wal_senders: '0',
      max_connections: '300',
    },
  })
  stops.push(async () => {
    await server.kill()
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  })
  return { url: server.url }
}

async function provideTemporal(): Promise<Answer> {
  if (process.env.TEMPORAL_ADDRESS) return { address: process.env.TEMPORAL_ADDRESS }
  const server = await startTemporal({ binary: (await temporalBinary(report)).path })
  stops.push(() => server.kill())
  return { address: server.address }
}

async function provideVault(): Promise<Answer> {
  if (process.env.VAULT_ADDR) {
    return { address: process.env.VAULT_ADDR, token: process.env.VAULT_TOKEN ?? '' }
  }
  const tool = await findVaultBinary()
  if (tool === undefined) throw new Error('Vault is not on this machine')
  const server = await startVault({ binary: tool.path })
  stops.push(() => server.kill())
  return { address: server.address, token: server.rootToken }
}

/** Folders of runs that were ended together with their reaper, as by a power cut. */
async function removeStaleScratch(): Promise<void> {
  const names = await readdir(tmpdir())
  const stale = names.filter((name) => {
    const pid = new RegExp(`^${SCRATCH_PREFIX}(\\d+)-`).exec(name)?.[1]
    return pid !== undefined && !isAlive(Number(pid))
  })
  await Promise.all(stale.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })))
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
