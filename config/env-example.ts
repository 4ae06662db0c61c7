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

/** Sections in the order of the file. */
const GROUPS: readonly [string, Readonly<Record<string, Variable>>][] = [
  ['General', GENERAL_VARIABLES],
  ['PostgreSQL (npm start brings its own when DATABASE_URL is not set)', DATABASE_VARIABLES],
  ['Temporal (npm start brings its own when TEMPORAL_ADDRESS is not set)', TEMPORAL_VARIABLES],
  ['Vault', VAULT_VARIABLES],
  ['HTTP API and connecting accounts', HTTP_VARIABLES],
  ['Media', MEDIA_VARIABLES],
  ['Worker', WORKER_VARIABLES],
  ['Platforms', PLATFORM_VARIABLES],
]

/** Read by `npm start` alone, which hands the rest to the processes it starts. */
const LAUNCHER: readonly [string, string, string][] = [
  ['SANDBOX_PORT', 'Port of the sandbox.', '3400'],
  ['TEMPORAL_PORT', 'Port of the embedded Temporal.', '7233'],
  ['TEMPORAL_UI_PORT', 'Port of its web interface.', '8233'],
  [
    'TEMPORAL_UI_URL',
    'Web interface of the Temporal of TEMPORAL_ADDRESS.',
    'http://localhost:8080',
  ],
  ['POSTGRES_PORT', 'Port of the embedded PostgreSQL.', '5433'],
  ['CLARION_DEMO', 'off skips the demo tenant’s posts, not its key.', 'on'],
]

/** Text of `.env.example`; a test holds the file equal to it. */
export function renderEnvExample(): string {
  const head = '# Every variable Clarion reads. All are optional for `npm start`.\n'
  const groups = GROUPS.map(([title, variables]) => {
    const lines = Object.entries(variables).map(([name, variable]) => entry(name, variable))
    return section(title, lines)
  })
  const launcher = LAUNCHER.map(([name, about, example]) => entry(name, { about, example }))
  return [head, ...groups, section('npm start', launcher)].join('\n')
}

function section(title: string, lines: string[]): string {
  return `# --- ${title} ---\n${lines.join('\n')}\n`
}

/** Commented out, so that a copied file changes nothing until a line is chosen. */
function entry(
  name: string,
  variable: { about: string; example: string; aliases?: readonly string[] },
): string {
  const aliases = variable.aliases?.length ? ` Also read: ${variable.aliases.join(', ')}.` : ''
  return `# ${variable.about}${aliases}\n#${name}=${variable.example}`
}
