import { aliasesOf } from '../../config/variables.ts'
import type { Platform } from '../../domain/platforms.ts'
import { PLATFORMS } from '../../domain/platforms.ts'

/** Where the processes find each other; the rest of the environment is passed on. */
export interface Addresses {
  home: string
  databaseUrl: string
  temporalAddress: string
  sandboxUrl: string
  publicUrl: string
  port: number
}

type Env = Readonly<Record<string, string | undefined>>

/** Every platform has a stand-in. */
export type SandboxPlatform = Platform

/** Platforms whose service URLs are origins; the others live below a path of their name. */
const AT_ORIGIN: readonly SandboxPlatform[] = ['bluesky', 'mastodon']
/** Platforms that hand out an app at each server, or need none. */
const WITHOUT_APP: readonly SandboxPlatform[] = ['bluesky', 'mastodon']

/** Environment of API and worker: `env` with the addresses, the sandbox for platforms not set. */
export function childEnv(env: Env, addresses: Addresses): NodeJS.ProcessEnv {
  const platforms = sandboxPlatforms(env)
  const privateHosts = [env.CLARION_ALLOWED_PRIVATE_HOSTS, new URL(addresses.sandboxUrl).host]
  return {
    ...env,
    ...Object.assign({}, ...platforms.map((name) => hostsOf(name, addresses.sandboxUrl))),
    ...Object.assign({}, ...platforms.map(appOf)),
    CLARION_HOME: addresses.home,
    DATABASE_URL: addresses.databaseUrl,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    PORT: String(addresses.port),
    PUBLIC_URL: addresses.publicUrl,
    CLARION_ALLOWED_PRIVATE_HOSTS: privateHosts.filter(Boolean).join(','),
  }
}

/** Platforms that the sandbox stands in for: those of which the user has set nothing. */
export function sandboxPlatforms(env: Env): SandboxPlatform[] {
  return PLATFORMS.filter((platform) => {
    const prefix = platform.toUpperCase()
    const own = ['API_BASE_URL', 'AUTH_BASE_URL', 'CLIENT_ID'].map((name) => `${prefix}_${name}`)
    return [...own, ...aliasesOf(prefix).id].every((name) => !env[name])
  })
}

function hostsOf(platform: SandboxPlatform, sandboxUrl: string): Record<string, string> {
  const url = AT_ORIGIN.includes(platform) ? sandboxUrl : `${sandboxUrl}/${platform}`
  const prefix = platform.toUpperCase()
  return { [`${prefix}_API_BASE_URL`]: url, [`${prefix}_AUTH_BASE_URL`]: url }
}

/** The sandbox's app on a platform, see sandbox/README.md. */
function appOf(platform: SandboxPlatform): Record<string, string> {
  if (WITHOUT_APP.includes(platform)) return {}
  const prefix = platform.toUpperCase()
  return {
    [`${prefix}_CLIENT_ID`]: `sandbox-${platform}-client`,
    [`${prefix}_CLIENT_SECRET`]: `sbx_secret_${platform}_client_secret`,
    ...(platform === 'x'
      ? { X_API_KEY: 'sandbox-x-api-key', X_API_SECRET: 'sbx_secret_x_api_secret' }
      : {}),
  }
}
