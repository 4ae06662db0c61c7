import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

/** What `npm start` reads from the environment; the rest goes to the processes as it is. */
export interface Settings {
  /** Absolute path of CLARION_HOME. */
  home: string
  host: string
  ports: { api: number; sandbox: number; temporal: number; temporalUi: number; postgres: number }
  /** Addresses of parts that somebody else runs; what is missing is started here. */
  external: { databaseUrl?: string; temporalAddress?: string; vaultAddr?: string }
  publicUrl: string
  /** Whether the first start publishes a post. */
  demoPosts: boolean
}

type Env = Readonly<Record<string, string | undefined>>

/** Values of `.env` go into the environment, what is set there already wins. */
export function loadEnvFile(): void {
  const path = join(ROOT, '.env')
  if (existsSync(path)) process.loadEnvFile(path)
}

/** Throws with one line that names the variable at fault. */
export function readSettings(env: Env = process.env): Settings {
  const host = env.HOST || '127.0.0.1'
  const ports = {
    api: portOf(env, 'PORT', 3000),
    sandbox: portOf(env, 'SANDBOX_PORT', 3400),
    temporal: portOf(env, 'TEMPORAL_PORT', 7233),
    temporalUi: portOf(env, 'TEMPORAL_UI_PORT', 8233),
    postgres: portOf(env, 'POSTGRES_PORT', 5433),
  }
  return {
    home: resolve(ROOT, env.CLARION_HOME || '.clarion'),
    host,
    ports,
    external: {
      databaseUrl: env.DATABASE_URL || undefined,
      temporalAddress: env.TEMPORAL_ADDRESS || undefined,
      vaultAddr: env.VAULT_ADDR || undefined,
    },
    publicUrl: (env.PUBLIC_URL || `http://localhost:${ports.api}`).replace(/\/+$/, ''),
    demoPosts: (env.CLARION_DEMO ?? '').toLowerCase() !== 'off',
  }
}

/** Where this machine reaches the API, whatever address clients use. */
export function localApiUrl({ host, ports }: Pick<Settings, 'host' | 'ports'>): string {
  const isWildcard = host === '0.0.0.0' || host === '::'
  const reached = isWildcard ? '127.0.0.1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${ports.api}`
}

function portOf(env: Env, name: string, fallback: number): number {
  const text = env[name]
  if (!text) return fallback
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`${name} must be a port from 1 to 65535, such as ${name}=${fallback}.`)
}
