import { randomBytes } from 'node:crypto'
import { assertPortFree, freePort } from './free-port.ts'
import { type ServerProcess, startServerProcess, untilReady } from './server-process.ts'

export interface VaultOptions {
  /** Path of the `vault` program, see binaries.ts. */
  binary: string
  /** A free port when left out. */
  port?: number
  /** Random when left out. */
  rootToken?: string
  logFile?: string
}

export interface DevVault {
  /** Base URL. */
  address: string
  rootToken: string
  /** The one key that unseals it after a seal. */
  unsealKey: string
  pid: number
  /** Settles when the server has ended, with one line that says how. */
  ended: Promise<string>
  stop(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
}

const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 30_000

/** Starts a Vault dev server: in memory, unsealed, gone with the process. */
export async function startVault(options: VaultOptions): Promise<DevVault> {
  const port = options.port ?? (await freePort())
  await assertPortFree(port, 'VAULT_PORT')
  const rootToken = options.rootToken ?? `root-${randomBytes(12).toString('hex')}`
  const address = `http://${HOST}:${port}`
  const server = await startServerProcess({
    title: 'Vault',
    command: options.binary,
    args: [
      ...['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${rootToken}`],
      `-dev-listen-address=${HOST}:${port}`,
    ],
    env: withoutVaultVariables(process.env),
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
  })
  await untilReady(server, 'Vault', START_TIMEOUT_MS, () => unsealKeyOf(server) !== undefined)
  return {
    address,
    rootToken,
    unsealKey: unsealKeyOf(server) ?? '',
    pid: server.pid,
    ended: server.ended,
    stop: () => server.stop(),
    kill: () => server.kill(),
  }
}

/** Printed last, when the server answers. */
function unsealKeyOf(server: ServerProcess): string | undefined {
  const output = server.output()
  if (!output.includes('Root Token:')) return undefined
  return /Unseal Key: (\S+)/.exec(output)?.[1]
}

/** The user's own VAULT_ADDR or VAULT_TOKEN must not configure the scratch server. */
function withoutVaultVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('VAULT_')))
}
