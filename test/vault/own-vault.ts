import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@jest/globals'
import { z } from 'zod'
import { freePort } from '../../scripts/tools/free-port.ts'
import {
  type ServerProcess,
  startServerProcess,
  untilReady,
} from '../../scripts/tools/server-process.ts'
import { bootstrapAppRoles, ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { describeWithVault } from '../support/vault.ts'

const START_TIMEOUT_MS = 30_000
const initAnswer = z.object({ keys_base64: z.array(z.string()), root_token: z.string() })

/** A Vault of one test's own that keeps its data, so that it may be sealed and killed. */
export interface OwnVault {
  address: string
  /** Of the operator; Clarion's processes get an AppRole. */
  token: string
  seal(): Promise<void>
  unseal(): Promise<void>
  /** Kill -9. */
  kill9(): Promise<void>
  /** Starts it again, unsealed. */
  start(): Promise<void>
  /** A request of the operator; answers the body. Throws unless it succeeds. */
  admin(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<unknown>
  stop(): Promise<void>
}

/** A describe block that needs a Vault program to start; where there is none it is skipped, loudly. */
export function describeWithOwnVault(name: string, fn: () => void): void {
  const { CLARION_TEST_VAULT_PROGRAM: program, CLARION_TEST_VAULT_MISSING: missing } = process.env
  // Where Vault is missing altogether, CI fails instead of skipping.
  if (program || missing) describeWithVault(name, fn)
  else test.skip(`${name}: needs the program of Vault, not only its address`, () => undefined)
}

/** Starts it, initializes and unseals it; with transit keys, policies and the AppRoles. */
export async function startOwnVault() {
  const dir = mkdtempSync(join(tmpdir(), 'clarion-vault-'))
  const address = `http://127.0.0.1:${await freePort()}`
  const config = join(dir, 'vault.hcl')
  mkdirSync(join(dir, 'raft'))
  writeFileSync(config, configText(dir, address, await freePort()))
  let server = await launch(config, address)
  const { keys_base64: keys, root_token: token } = initAnswer.parse(
    await request(address, 'PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 }),
  )
  const unseal = async () => {
    await request(address, 'PUT', 'sys/unseal', { key: keys[0] })
    await untilReady(server, 'Vault', START_TIMEOUT_MS, async () => (await health(address)) === 200)
  }
  await unseal()
  await ensureTransitKeys({ address, token })
  const roles = await bootstrapAppRoles({ address, token })
  const vault: OwnVault = {
    address,
    token,
    unseal,
    seal: async () => void (await request(address, 'PUT', 'sys/seal', {}, token)),
    kill9: () => server.kill(),
    start: async () => {
      server = await launch(config, address)
      await unseal()
    },
    admin: (method, path, body) => request(address, method, path, body, token),
    stop: async () => {
      await server.kill()
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    },
  }
  return { ...vault, roles }
}

async function launch(config: string, address: string): Promise<ServerProcess> {
  const server = await startServerProcess({
    title: 'Vault',
    command: process.env.CLARION_TEST_VAULT_PROGRAM ?? '',
    args: ['server', `-config=${config}`],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stopSignal: 'SIGTERM',
  })
  // 501 before it is initialized, 503 while it is sealed: it answers.
  await untilReady(server, 'Vault', START_TIMEOUT_MS, async () => (await health(address)) > 0)
  return server
}

/** The storage of deploy/vault/vault.hcl, on one node of its own. */
function configText(dir: string, address: string, clusterPort: number): string {
  return `
storage "raft" {
  path    = "${join(dir, 'raft')}"
  node_id = "vault-1"
}
listener "tcp" {
  address         = "${new URL(address).host}"
  cluster_address = "127.0.0.1:${clusterPort}"
  tls_disable     = true
}
api_addr      = "${address}"
cluster_addr  = "http://127.0.0.1:${clusterPort}"
disable_mlock = true
ui            = false
`
}

/** 0 while nobody answers. */
async function health(address: string): Promise<number> {
  const answer = await fetch(`${address}/v1/sys/health`).catch(() => undefined)
  return answer?.status ?? 0
}

async function request(
  address: string,
  method: string,
  path: string,
  body: object | undefined,
  token = '',
): Promise<unknown> {
  const answer = await fetch(`${address}/v1/${path}`, {
    method,
    headers: token === '' ? {} : { 'X-Vault-Token': token },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`Vault answered ${answer.status} to ${method} ${path}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
