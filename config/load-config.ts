import { join } from 'node:path'
import type { z } from 'zod'
import type { AppKey, Platform } from '../domain/platforms.ts'
import { PLATFORMS } from '../domain/platforms.ts'
import { type MediaConfig, mediaConfig, missingOfS3 } from './media-config.ts'
import { MEDIA_VARIABLES } from './media-variables.ts'
import type { Variable } from './variables.ts'
import {
  DATABASE_VARIABLES,
  GENERAL_VARIABLES,
  HTTP_VARIABLES,
  PLATFORM_VARIABLES,
  TEMPORAL_VARIABLES,
  VAULT_VARIABLES,
  WORKER_VARIABLES,
} from './variables.ts'

/** How to reach Temporal; `tlsFiles` are paths of PEM files, read when the connection is made. */
export interface TemporalConfig {
  address: string
  namespace: string
  tls: boolean
  tlsFiles: { ca?: string; cert?: string; key?: string }
  apiKey?: string
}

/** Vault with one login of the two: `token`, or `roleId` with `secretId`. */
export interface VaultConfig {
  addr: string
  token?: string
  roleId?: string
  secretId?: string
  namespace?: string
  /** Logins of the worker for a key rotation alone; missing: its own login. */
  rotate?: AppRole
  rewrap?: AppRole
}

export interface AppRole {
  roleId: string
  secretId: string
}

/** Hosts in place of a platform's real ones, without trailing slash; what is missing stays real. */
export interface HostsConfig {
  apiBaseUrl?: string
  authBaseUrl?: string
  tokenBaseUrl?: string
  uploadBaseUrl?: string
}

/**
 * The environment, parsed and complete. URLs have no trailing slash, names in Ms are milliseconds.
 */
export interface Config {
  nodeEnv: 'development' | 'test' | 'production'
  logLevel: string
  /** Folder of the one-command mode's data. */
  home: string
  localKeyFile: string
  database: { url: string; appUrl?: string; poolMax: number }
  temporal: TemporalConfig
  /** Missing: the local development cipher is used. */
  vault?: VaultConfig
  http: {
    host: string
    port: number
    publicUrl: string
    /** Number of proxies in front, not their addresses. */
    trustedProxies: number
    ratePerMinute: number
    anonymousRatePerMinute: number
  }
  oauth: { redirectBaseUrl: string; successUrl?: string; errorUrl?: string }
  media: MediaConfig
  allowedPrivateHosts: string[]
  hosts: Partial<Record<Platform, HostsConfig>>
  /** Installation-wide apps at the platforms. */
  apps: Partial<Record<AppKey, { clientId: string; clientSecret?: string }>>
  timing: {
    confirmQuietMs: number
    /** Longest time between the ledger's entry and the platform's answer. */
    commitTimeoutMs: number
    sweepEveryMs: number
    relayEveryMs: number
  }
  worker: {
    metricsPort?: number
    maxActivities: number
    maxWorkflowTasks: number
    maxStaged: number
    /** What runs gets this long to end when the worker is told to stop. */
    shutdownGraceMs: number
  }
}

/** Time to write an answer into the ledger once it has come. */
const RECORD_MS = 10_000

/** As process.env; tests hand in their own. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Every fault of the environment at once: variable, what is wrong, an example that works. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The configuration has faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** The only reader of process.env in the product. Throws ConfigError. */
export function loadConfig(env: Environment = process.env): Config {
  const faults: string[] = []
  const general = read(GENERAL_VARIABLES, env, faults)
  const database = read(DATABASE_VARIABLES, env, faults)
  const temporal = read(TEMPORAL_VARIABLES, env, faults)
  const vault = read(VAULT_VARIABLES, env, faults)
  const http = read(HTTP_VARIABLES, env, faults)
  const media = read(MEDIA_VARIABLES, env, faults)
  const worker = read(WORKER_VARIABLES, env, faults)
  const platforms = read(PLATFORM_VARIABLES, env, faults)
  // After all variables were read: an operator mends the whole file in one go.
  faults.push(...contradictions({ ...vault, ...general, ...media, ...http }))
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    ...generalConfig(general),
    database: {
      url: database.DATABASE_URL,
      appUrl: database.DATABASE_APP_URL,
      poolMax: database.DATABASE_POOL_MAX,
    },
    temporal: temporalConfig(temporal),
    vault: vaultConfig(vault),
    ...httpConfig(http),
    media: mediaConfig(media, general.CLARION_HOME, oauthBaseUrl(http)),
    ...workerConfig(worker),
    hosts: hostsConfig(platforms),
    apps: appsConfig(platforms),
  }
}

/** What the schemas of a group make of its text. */
type Values<T extends Readonly<Record<string, Variable>>> = {
  [K in keyof T]: z.output<T[K]['schema']>
}

/** Reads one group. Faults are collected and not thrown, so that all are told at once. */
function read<T extends Readonly<Record<string, Variable>>>(
  variables: T,
  env: Environment,
  faults: string[],
): Values<T> {
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(variables)) {
    const result = variable.schema.safeParse(given(name, variable, env))
    if (result.success) values[name] = result.data
    else faults.push(fault(name, variable, env, result.error))
  }
  // Complete whenever no fault was pushed; loadConfig returns nothing otherwise.
  return values as Values<T>
}

/** An empty variable counts as not set: compose files write `NAME=` for "none". */
function given(name: string, variable: Variable, env: Environment): string | undefined {
  const names = [name, ...(variable.aliases ?? [])]
  return names
    .map((candidate) => env[candidate])
    .find((value) => value !== undefined && value !== '')
}

/** The value itself is not repeated: it may be a secret. */
function fault(name: string, variable: Variable, env: Environment, error: z.ZodError): string {
  const missing = given(name, variable, env) === undefined
  const words = missing ? 'is not set' : (error.issues[0]?.message ?? 'is not valid')
  return `${name} ${words}; for example ${name}=${variable.example}`
}

/** What no single variable can be wrong about: combinations that would fail later or be unsafe. */
function contradictions(values: {
  NODE_ENV?: string
  VAULT_ADDR?: string
  VAULT_TOKEN?: string
  VAULT_ROLE_ID?: string
  VAULT_SECRET_ID?: string
  MEDIA_STORE?: string
  MEDIA_URL_SECRET?: string
  PUBLIC_URL?: string
  OAUTH_REDIRECT_BASE_URL?: string
}): string[] {
  const faults: string[] = []
  const hasLogin = values.VAULT_TOKEN ?? (values.VAULT_ROLE_ID && values.VAULT_SECRET_ID)
  if (values.VAULT_ADDR !== undefined && !hasLogin) {
    faults.push('VAULT_ADDR needs VAULT_TOKEN, or VAULT_ROLE_ID with VAULT_SECRET_ID')
  }
  if (values.NODE_ENV === 'production' && values.VAULT_ADDR === undefined) {
    faults.push('VAULT_ADDR is not set; production needs it, the local cipher is for development')
  }
  if (values.NODE_ENV === 'production' && values.MEDIA_URL_SECRET === undefined) {
    faults.push('MEDIA_URL_SECRET is not set; production needs it, the same for API and workers')
  }
  const reached = values.OAUTH_REDIRECT_BASE_URL ?? values.PUBLIC_URL
  if (values.NODE_ENV === 'production' && reached === undefined) {
    faults.push('PUBLIC_URL is not set; platforms fetch the files of posts from there')
  }
  return [...faults, ...halfLogins(values), ...missingOfS3(values)]
}

/** An id without its secret would quietly fall back to another login. */
function halfLogins(values: Readonly<Record<string, unknown>>): string[] {
  return ['VAULT_ROTATE', 'VAULT_REWRAP'].flatMap((prefix) => {
    const [id, secret] = [`${prefix}_ROLE_ID`, `${prefix}_SECRET_ID`]
    if ((values[id] === undefined) === (values[secret] === undefined)) return []
    return [`${id} and ${secret} belong together: set both or neither`]
  })
}

function generalConfig(values: Values<typeof GENERAL_VARIABLES>) {
  const { CLARION_HOME: home, CLARION_LOCAL_KEY_FILE: keyFile } = values
  return {
    nodeEnv: values.NODE_ENV,
    logLevel: values.LOG_LEVEL,
    home,
    localKeyFile: keyFile ?? join(home, 'local-cipher-keys.json'),
  }
}

function publicUrlOf(values: Values<typeof HTTP_VARIABLES>): string {
  return trimSlash(values.PUBLIC_URL ?? `http://localhost:${values.PORT}`)
}

/** Where platforms reach the API. */
function oauthBaseUrl(values: Values<typeof HTTP_VARIABLES>): string {
  return trimSlash(values.OAUTH_REDIRECT_BASE_URL ?? publicUrlOf(values))
}

function httpConfig(values: Values<typeof HTTP_VARIABLES>) {
  const publicUrl = publicUrlOf(values)
  return {
    http: {
      host: values.HOST,
      port: values.PORT,
      publicUrl,
      trustedProxies: values.TRUSTED_PROXIES,
      ratePerMinute: values.RATE_LIMIT_PER_MINUTE,
      anonymousRatePerMinute: values.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
    },
    oauth: {
      redirectBaseUrl: oauthBaseUrl(values),
      successUrl: values.OAUTH_SUCCESS_URL,
      errorUrl: values.OAUTH_ERROR_URL,
    },
    allowedPrivateHosts: values.CLARION_ALLOWED_PRIVATE_HOSTS,
  }
}

function workerConfig(values: Values<typeof WORKER_VARIABLES>) {
  const commitTimeoutMs = values.CLARION_COMMIT_TIMEOUT_MS
  return {
    timing: {
      confirmQuietMs: values.CLARION_CONFIRM_QUIET_MS,
      commitTimeoutMs,
      sweepEveryMs: values.CLARION_SWEEP_EVERY_MS,
      relayEveryMs: values.CLARION_RELAY_EVERY_MS,
    },
    worker: {
      metricsPort: values.WORKER_METRICS_PORT,
      maxActivities: values.WORKER_MAX_ACTIVITIES,
      maxWorkflowTasks: values.WORKER_MAX_WORKFLOW_TASKS,
      maxStaged: values.WORKER_MAX_STAGED,
      // Longer than one commit may take: no platform's answer is lost to a deployment.
      shutdownGraceMs: values.WORKER_SHUTDOWN_GRACE_MS ?? commitTimeoutMs + RECORD_MS,
    },
  }
}

function temporalConfig(values: Values<typeof TEMPORAL_VARIABLES>): TemporalConfig {
  const tlsFiles = {
    ca: values.TEMPORAL_TLS_CA_FILE,
    cert: values.TEMPORAL_TLS_CERT_FILE,
    key: values.TEMPORAL_TLS_KEY_FILE,
  }
  const hasFiles = Object.values(tlsFiles).some((file) => file !== undefined)
  return {
    address: values.TEMPORAL_ADDRESS,
    namespace: values.TEMPORAL_NAMESPACE,
    tls: values.TEMPORAL_TLS || hasFiles || values.TEMPORAL_API_KEY !== undefined,
    tlsFiles,
    apiKey: values.TEMPORAL_API_KEY,
  }
}

/** Undefined without VAULT_ADDR: the local cipher is used then, except in production. */
function vaultConfig(values: Values<typeof VAULT_VARIABLES>): VaultConfig | undefined {
  if (values.VAULT_ADDR === undefined) return undefined
  return {
    addr: trimSlash(values.VAULT_ADDR),
    token: values.VAULT_TOKEN,
    roleId: values.VAULT_ROLE_ID,
    secretId: values.VAULT_SECRET_ID,
    namespace: values.VAULT_NAMESPACE,
    rotate: appRole(values.VAULT_ROTATE_ROLE_ID, values.VAULT_ROTATE_SECRET_ID),
    rewrap: appRole(values.VAULT_REWRAP_ROLE_ID, values.VAULT_REWRAP_SECRET_ID),
  }
}

function appRole(roleId?: string, secretId?: string): AppRole | undefined {
  return roleId === undefined || secretId === undefined ? undefined : { roleId, secretId }
}

/** Only platforms for which a host is set. */
function hostsConfig(values: Readonly<Record<string, string | undefined>>): Config['hosts'] {
  const entries = PLATFORMS.map((platform) => {
    const prefix = platform.toUpperCase()
    const named = [
      ['apiBaseUrl', values[`${prefix}_API_BASE_URL`]],
      ['authBaseUrl', values[`${prefix}_AUTH_BASE_URL`]],
      ['tokenBaseUrl', values[`${prefix}_TOKEN_BASE_URL`]],
      ['uploadBaseUrl', values[`${prefix}_UPLOAD_BASE_URL`]],
    ] as const
    // Keys that are not set are left out: they would hide the real hosts they are merged over.
    const given = named.flatMap(([key, value]) =>
      value === undefined ? [] : [[key, trimSlash(value)]],
    )
    const hosts: HostsConfig = Object.fromEntries(given)
    return [platform, hosts] as const
  })
  const isSet = (hosts: HostsConfig) => Object.keys(hosts).length > 0
  return Object.fromEntries(entries.filter(([, hosts]) => isSet(hosts)))
}

/** A platform needs at least an id; public clients have no secret. */
function appsConfig(values: Readonly<Record<string, string | undefined>>): Config['apps'] {
  const apps: Config['apps'] = {}
  for (const platform of PLATFORMS) {
    const prefix = platform.toUpperCase()
    const clientId = values[`${prefix}_CLIENT_ID`]
    const clientSecret = values[`${prefix}_CLIENT_SECRET`]
    if (clientId !== undefined) apps[platform] = { clientId, clientSecret }
  }
  const { X_API_KEY: key, X_API_SECRET: secret } = values
  if (key !== undefined) apps.x_oauth1 = { clientId: key, clientSecret: secret }
  return apps
}

/** Paths are appended to these addresses with a slash of their own. */
function trimSlash(value: string): string {
  return value.replace(/\/+$/, '')
}
