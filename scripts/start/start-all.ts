import { join } from 'node:path'
import { ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { messageOf } from '../tools/errno.ts'
import { childEnv } from './child-env.ts'
import { apiChild, workerChild } from './children.ts'
import {
  CHILD_GRACE_MS,
  type Launch,
  provideChild,
  provideDatabase,
  provideDemo,
  provideSandbox,
  provideTemporal,
} from './parts.ts'
import type { RunFile } from './run-file.ts'
import type { DemoTenant } from './seed-demo.ts'
import { localApiUrl } from './settings.ts'

export interface Started {
  run: RunFile
  demo: DemoTenant
  /** Where this machine reaches the API. */
  apiUrl: string
  /** In words, what keeps the tokens secret. */
  cipher: string
}

/** Starts all parts, each as soon as what it needs is there. */
export async function startAll(launch: Launch): Promise<Started> {
  const { settings } = launch
  const cipher = await prepareCipher(launch)
  const temporal = provideTemporal(launch)
  const sandbox = provideSandbox(launch)
  const database = provideDatabase(launch)
  // Whatever fails first is told; the others' later failures follow from the stop.
  const [databaseUrl, { address, uiUrl }, sandboxUrl] = await Promise.all([
    database,
    temporal,
    sandbox,
  ])
  const env = childEnv(process.env, {
    home: settings.home,
    databaseUrl,
    temporalAddress: address,
    sandboxUrl,
    publicUrl: settings.publicUrl,
    port: settings.ports.api,
  })
  const logs = join(settings.home, 'logs')
  const apiUrl = localApiUrl(settings)
  const [demo] = await Promise.all([
    provideDemo(launch, databaseUrl),
    provideChild(launch, workerChild({ env: drained(env), logFile: join(logs, 'worker.log') })),
    provideChild(launch, apiChild({ env, logFile: join(logs, 'api.log'), url: apiUrl })),
  ])
  const run: RunFile = {
    api_url: settings.publicUrl,
    console_url: null,
    sandbox_url: sandboxUrl,
    temporal_address: address,
    temporal_ui_url: uiUrl,
    database_url: databaseUrl,
    vault_addr: settings.external.vaultAddr ?? null,
    tenant_id: demo.tenantId,
    api_key: demo.apiKey,
    pid: process.pid,
  }
  return { run, demo, apiUrl, cipher }
}

/** The worker gives back what it holds, then ends, before the stop of `npm start` would kill it. */
function drained(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, WORKER_SHUTDOWN_GRACE_MS: String(CHILD_GRACE_MS / 2) }
}

/** Says which cipher is used; with a Vault and a token it makes the keys unless they are there. */
async function prepareCipher({ settings, screen }: Launch): Promise<string> {
  const address = settings.external.vaultAddr
  if (address === undefined) {
    // A Vault of our own would forget its keys at every stop.
    const words = 'local cipher, for development only (set VAULT_ADDR to use Vault)'
    screen.line(`Tokens are kept by the ${words}.`)
    return words
  }
  const { VAULT_TOKEN: token, VAULT_NAMESPACE: namespace } = process.env
  if (token) {
    await ensureTransitKeys({ address, token, namespace: namespace || undefined }).catch((error) =>
      screen.line(`Vault's keys are taken as they are: ${messageOf(error)}`),
    )
  }
  screen.line(`Tokens are kept by Vault at ${address}.`)
  return `Vault at ${address}`
}
