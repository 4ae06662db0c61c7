import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { type Config, loadConfig } from '../../config/load-config.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const NOT_RUNNING =
  'Clarion does not run here: `npm start` it, or set DATABASE_URL and TEMPORAL_ADDRESS (and VAULT_ADDR with its login).'

const runFile = z.object({
  database_url: z.string(),
  temporal_address: z.string(),
  vault_addr: z.string().nullable(),
})

type Env = Readonly<Record<string, string | undefined>>

/** The configuration of the Clarion that `npm start` runs here, or of the one the variables name. */
export function keysConfig(env: Env): Config {
  const home = resolve(ROOT, env.CLARION_HOME || '.clarion')
  const run = readRunFile(home)
  const databaseUrl = env.DATABASE_URL || run?.database_url
  if (databaseUrl === undefined) throw new Error(NOT_RUNNING)
  const isRotator = !env.VAULT_TOKEN && !env.VAULT_ROLE_ID
  return loadConfig({
    ...env,
    // Whoever may rotate may look.
    ...(isRotator ? { VAULT_ROLE_ID: env.VAULT_ROTATE_ROLE_ID } : {}),
    ...(isRotator ? { VAULT_SECRET_ID: env.VAULT_ROTATE_SECRET_ID } : {}),
    CLARION_HOME: home,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS || run?.temporal_address,
    // Without a login of our own Vault cannot be asked; the worker does the work with its own.
    VAULT_ADDR: hasVaultLogin(env) ? env.VAULT_ADDR || (run?.vault_addr ?? undefined) : undefined,
    // Nothing is sealed here: the local cipher's key file is only looked at.
    NODE_ENV: 'development',
  })
}

/** What keeps the secrets, in words, should this process have no login of its own. */
export function vaultAddress(env: Env): string | undefined {
  const home = resolve(ROOT, env.CLARION_HOME || '.clarion')
  return env.VAULT_ADDR || (readRunFile(home)?.vault_addr ?? undefined)
}

function hasVaultLogin(env: Env): boolean {
  return Boolean(env.VAULT_TOKEN || env.VAULT_ROLE_ID || env.VAULT_ROTATE_ROLE_ID)
}

/** Values of `.env` go into the environment, what is set there already wins. */
export function loadEnvFile(): void {
  const path = join(ROOT, '.env')
  if (existsSync(path)) process.loadEnvFile(path)
}

function readRunFile(home: string): z.output<typeof runFile> | undefined {
  const path = join(home, 'run.json')
  if (!existsSync(path)) return undefined
  return runFile.parse(JSON.parse(readFileSync(path, 'utf8')))
}
