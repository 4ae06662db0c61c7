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

/** The sandbox's app on X, see sandbox/README.md. */
const SANDBOX_X_APP = {
  X_CLIENT_ID: 'sandbox-x-client',
  X_CLIENT_SECRET: 'sbx_secret_x_client_secret',
}

/** Path of each platform on the sandbox. */
const SANDBOX_PATHS = { x: '/x', bluesky: '', mastodon: '' } as const
export type SandboxPlatform = keyof typeof SANDBOX_PATHS

/** Environment of API and worker: `env` with the addresses, the sandbox for platforms not set. */
export function childEnv(env: Env, addresses: Addresses): NodeJS.ProcessEnv {
  const platforms = sandboxPlatforms(env)
  const privateHosts = [env.CLARION_ALLOWED_PRIVATE_HOSTS, new URL(addresses.sandboxUrl).host]
  return {
    ...env,
    ...Object.assign({}, ...platforms.map((name) => hostsOf(name, addresses.sandboxUrl))),
    ...(platforms.includes('x') ? SANDBOX_X_APP : {}),
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
  const all: SandboxPlatform[] = ['x', 'bluesky', 'mastodon']
  return all.filter((platform) => {
    const prefix = platform.toUpperCase()
    const own = ['API_BASE_URL', 'AUTH_BASE_URL', 'CLIENT_ID'].map((name) => `${prefix}_${name}`)
    return own.every((name) => !env[name])
  })
}

function hostsOf(platform: SandboxPlatform, sandboxUrl: string): Record<string, string> {
  const url = `${sandboxUrl}${SANDBOX_PATHS[platform]}`
  const prefix = platform.toUpperCase()
  return { [`${prefix}_API_BASE_URL`]: url, [`${prefix}_AUTH_BASE_URL`]: url }
}
