import { z } from 'zod'
import { PLATFORMS } from '../domain/platforms.ts'

/** One environment variable: how its text is read, and the words `.env.example` prints for it. */
export interface Variable<T = unknown> {
  about: string
  example: string
  schema: z.ZodType<T>
  /** Other names that are read when this one is not set, in this order. */
  aliases?: readonly string[]
}

export const text = z.string().min(1)
export const optional = text.optional()
/** Only http and https: nothing else is ever called. */
export const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address' })
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// address' })
/** 0 lets the system choose a free one. */
const port = whole(0, 65_535)
/** At most a day: more is a mistake of the unit. */
const milliseconds = (fallback: number) => whole(1, 86_400_000).default(fallback)
const count = (fallback: number, max = 10_000) => whole(1, max).default(fallback)
export const flag = z
  .enum(['true', 'false', '1', '0'], { error: 'must be true or false' })
  .default('false')
  .transform((value) => value === 'true' || value === '1')

/** Read by every process. */
export const GENERAL_VARIABLES = {
  NODE_ENV: define('production refuses the local cipher.', 'development', {
    schema: z.enum(['development', 'test', 'production']).default('development'),
  }),
  LOG_LEVEL: define('Least important level that is logged.', 'info', {
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  }),
  CLARION_HOME: define('Where the one-command mode keeps its data and keys.', '.clarion', {
    schema: text.default('.clarion'),
  }),
  CLARION_LOCAL_KEY_FILE: define(
    'Keys of the local development cipher, used without VAULT_ADDR. Default: inside CLARION_HOME.',
    '.clarion/local-cipher-keys.json',
    { schema: optional },
  ),
} as const

/** See `openDatabase` for the roles that sessions take. */
export const DATABASE_VARIABLES = {
  DATABASE_URL: define(
    'Owner of the schema; the application then takes its own role.',
    'postgresql://clarion:secret@localhost:5432/clarion',
    { schema: databaseUrl },
  ),
  DATABASE_APP_URL: define(
    'Login of the application itself, when it shall not use the owner.',
    'postgresql://clarion_api:secret@localhost:5432/clarion',
    { schema: databaseUrl.optional() },
  ),
  DATABASE_POOL_MAX: define('Connections one process may open.', '20', { schema: count(20, 500) }),
} as const

/** https://docs.temporal.io/develop/typescript/temporal-client */
export const TEMPORAL_VARIABLES = {
  TEMPORAL_ADDRESS: define('Temporal frontend, host:port.', 'localhost:7233', {
    schema: z
      .string()
      .regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port')
      .default('localhost:7233'),
  }),
  TEMPORAL_NAMESPACE: define('Namespace of all workflows.', 'default', {
    schema: text.default('default'),
  }),
  TEMPORAL_TLS: define('Encrypt the connection to Temporal.', 'false', { schema: flag }),
  TEMPORAL_TLS_CA_FILE: define(
    'Certificate authority of the Temporal server (PEM).',
    '/run/ca.pem',
    {
      schema: optional,
    },
  ),
  TEMPORAL_TLS_CERT_FILE: define('Client certificate for mutual TLS (PEM).', '/run/client.pem', {
    schema: optional,
  }),
  TEMPORAL_TLS_KEY_FILE: define('Key of the client certificate (PEM).', '/run/client.key', {
    schema: optional,
  }),
  TEMPORAL_API_KEY: define('API key of Temporal Cloud; implies TLS.', 'eyJhbGciOi…', {
    schema: optional,
  }),
} as const

/** https://developer.hashicorp.com/vault/docs/secrets/transit */
export const VAULT_VARIABLES = {
  VAULT_ADDR: define(
    'Vault with the transit engine; without it the local cipher is used.',
    'http://localhost:8200',
    {
      schema: url.optional(),
    },
  ),
  VAULT_TOKEN: define('Token login, for development.', 'hvs.…', { schema: optional }),
  VAULT_ROLE_ID: define('AppRole login, for production.', '5f1c…', { schema: optional }),
  VAULT_SECRET_ID: define('Secret of the AppRole.', '9ad0…', { schema: optional }),
  VAULT_ROTATE_ROLE_ID: define(
    'AppRole that rotates keys (policy rotate). Default: the login above.',
    '71be…',
    { schema: optional },
  ),
  VAULT_ROTATE_SECRET_ID: define('Secret of that AppRole.', '02cd…', { schema: optional }),
  VAULT_REWRAP_ROLE_ID: define(
    'AppRole that moves ciphertexts to a new key (policy rewrap). Default: the login above.',
    '83aa…',
    { schema: optional },
  ),
  VAULT_REWRAP_SECRET_ID: define('Secret of that AppRole.', 'c4f1…', { schema: optional }),
  VAULT_NAMESPACE: define('Namespace of Vault Enterprise.', 'social', { schema: optional }),
} as const

/** The API, its limits, and where consents lead. */
export const HTTP_VARIABLES = {
  HOST: define('Address that the API and the worker’s /metrics listen on.', '127.0.0.1', {
    schema: text.default('127.0.0.1'),
  }),
  PORT: define('Port the API listens on.', '3000', { schema: port.default(3000) }),
  PUBLIC_URL: define(
    'Address clients use. Default: http://localhost:PORT.',
    'https://clarion.example',
    {
      schema: url.optional(),
    },
  ),
  TRUSTED_PROXIES: define(
    'Reverse proxies in front of the API whose X-Forwarded-For counts.',
    '1',
    {
      schema: whole(0, 16).default(0),
    },
  ),
  RATE_LIMIT_PER_MINUTE: define('Requests one API key may make in a minute.', '600', {
    schema: count(600, 1_000_000),
  }),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: define(
    'Requests one address may make in a minute without a valid key.',
    '120',
    { schema: count(120, 1_000_000) },
  ),
  OAUTH_REDIRECT_BASE_URL: define(
    'Base of the callbacks registered at the platforms. Default: PUBLIC_URL.',
    'https://clarion.example',
    { schema: url.optional() },
  ),
  OAUTH_SUCCESS_URL: define(
    'Where a finished consent leads. Default: a small page.',
    'https://app.example/connected',
    {
      schema: url.optional(),
    },
  ),
  OAUTH_ERROR_URL: define(
    'Where a failed consent leads. Default: a small page.',
    'https://app.example/failed',
    {
      schema: url.optional(),
    },
  ),
  CLARION_ALLOWED_PRIVATE_HOSTS: define(
    'Hosts users may name although they are private (http allowed for these alone).',
    '127.0.0.1:8080,localhost:2583',
    { schema: hostList() },
  ),
} as const

/** How much one worker takes on, and its intervals. */
export const WORKER_VARIABLES = {
  WORKER_METRICS_PORT: define(
    'Port of the worker’s /metrics, one for each worker of a machine. Default: none.',
    '9464',
    { schema: whole(1, 65_535).optional() },
  ),
  WORKER_MAX_ACTIVITIES: define('Publishes and refreshes one worker runs at once.', '100', {
    schema: count(100),
  }),
  WORKER_MAX_WORKFLOW_TASKS: define('Workflow tasks one worker runs at once.', '40', {
    schema: count(40),
  }),
  WORKER_MAX_STAGED: define('Posts one worker may hold ready for their instant.', '2000', {
    schema: count(2000, 100_000),
  }),
  WORKER_SHUTDOWN_GRACE_MS: define(
    'Time to end what runs when told to stop. Default: CLARION_COMMIT_TIMEOUT_MS and 10 s.',
    '40000',
    { schema: whole(1, 86_400_000).optional() },
  ),
  CLARION_CONFIRM_QUIET_MS: define(
    'Silence after a lost answer before a post may count as absent.',
    '60000',
    { schema: milliseconds(60_000) },
  ),
  CLARION_COMMIT_TIMEOUT_MS: define(
    'Longest time between the entry in the ledger and the platform’s answer.',
    '30000',
    { schema: milliseconds(30_000) },
  ),
  CLARION_SWEEP_EVERY_MS: define(
    'Interval of the sweep that compares rows with workflows.',
    '300000',
    {
      schema: milliseconds(300_000),
    },
  ),
  CLARION_RELAY_EVERY_MS: define('Interval of the outbox relay.', '1000', {
    schema: milliseconds(1000),
  }),
} as const

/** Names the platforms themselves use for their app's id and secret. */
const APP_ALIASES: Readonly<Record<string, { id: readonly string[]; secret: readonly string[] }>> =
  {
    INSTAGRAM: {
      id: ['INSTAGRAM_APP_ID', 'META_APP_ID'],
      secret: ['INSTAGRAM_APP_SECRET', 'META_APP_SECRET'],
    },
    FACEBOOK: {
      id: ['FACEBOOK_APP_ID', 'META_APP_ID'],
      secret: ['FACEBOOK_APP_SECRET', 'META_APP_SECRET'],
    },
    THREADS: {
      id: ['THREADS_APP_ID', 'META_APP_ID'],
      secret: ['THREADS_APP_SECRET', 'META_APP_SECRET'],
    },
    TIKTOK: { id: ['TIKTOK_CLIENT_KEY'], secret: [] },
    YOUTUBE: { id: ['GOOGLE_CLIENT_ID'], secret: ['GOOGLE_CLIENT_SECRET'] },
    GOOGLE_BUSINESS: { id: ['GOOGLE_CLIENT_ID'], secret: ['GOOGLE_CLIENT_SECRET'] },
    PINTEREST: { id: ['PINTEREST_APP_ID'], secret: ['PINTEREST_APP_SECRET'] },
  }

/** `X_API_BASE_URL` … `REDDIT_CLIENT_SECRET`. */
export const PLATFORM_VARIABLES: Readonly<Record<string, Variable<string | undefined>>> =
  Object.fromEntries([
    ...PLATFORMS.flatMap((platform) => platformVariables(platform.toUpperCase())),
    [
      'X_API_KEY',
      define('Key of your app at X, for OAuth 1.0a.', 'your-api-key', { schema: optional }),
    ],
    ['X_API_SECRET', define('Secret of that key.', 'your-api-secret', { schema: optional })],
  ])

function platformVariables(prefix: string): [string, Variable<string | undefined>][] {
  const aliases = aliasesOf(prefix)
  const host = { schema: url.optional() }
  return [
    [
      `${prefix}_API_BASE_URL`,
      define('API host instead of the real one.', 'http://localhost:4010', host),
    ],
    [
      `${prefix}_AUTH_BASE_URL`,
      define('Consent host instead of the real one.', 'http://localhost:4010', host),
    ],
    [
      `${prefix}_TOKEN_BASE_URL`,
      define(
        'Token host instead of the real one. Default: the consent host.',
        'http://localhost:4010',
        host,
      ),
    ],
    [
      `${prefix}_UPLOAD_BASE_URL`,
      define('Upload host instead of the real one.', 'http://localhost:4010', host),
    ],
    [
      `${prefix}_CLIENT_ID`,
      define('Id of your app at this platform.', 'your-client-id', {
        schema: optional,
        aliases: aliases.id,
      }),
    ],
    [
      `${prefix}_CLIENT_SECRET`,
      define('Secret of your app at this platform.', 'your-client-secret', {
        schema: optional,
        aliases: aliases.secret,
      }),
    ],
  ]
}

/** Other names of a platform's client id and secret, such as `META_APP_ID`. */
export function aliasesOf(prefix: string): { id: readonly string[]; secret: readonly string[] } {
  return APP_ALIASES[prefix] ?? { id: [], secret: [] }
}

export function define<T>(
  about: string,
  example: string,
  rest: { schema: z.ZodType<T>; aliases?: readonly string[] },
): Variable<T> {
  return { about, example, ...rest }
}

/** Text of digits alone: Number() would take `1e3`, ` 7 ` and the empty string. */
export function whole(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d+$/, error)
    .transform(Number)
    .pipe(z.number().int().min(min, error).max(max, error))
}

/** `host:port` pairs, empty by default: no private address may be named by a user. */
function hostList() {
  return z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(',')
        .map((host) => host.trim())
        .filter((host) => host !== ''),
    )
    .pipe(z.array(z.string().regex(/^[^\s/@]+:\d{1,5}$/, 'must be host:port, separated by commas')))
}
