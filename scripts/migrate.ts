import { DatabaseUnavailable } from '../db/database-errors.ts'
import { migrate, revert, status } from '../db/migrate.ts'
import { SEED_USAGE, seedFirstTenant } from './seed-tenant.ts'

const USAGE = `Usage: npm run migrate [-- up [name] | down [name] | status | ${SEED_USAGE}]`
const NO_URL = 'Set DATABASE_URL, such as postgres://owner:password@host:5432/clarion'

/**
 * `npm run migrate`: brings DATABASE_URL to this version. `down` reverts the newest migration, or
 * all after the one named; `seed` makes a tenant with its administrator and first key. Exit code 1 and one line on stderr when it cannot.
 */
export async function runMigrate(args: readonly string[], url: string | undefined): Promise<void> {
  if (!url || !URL.canParse(url)) throw new Error(NO_URL)
  for (const line of await perform(args, url)) console.log(line)
}

function perform(args: readonly string[], url: string): Promise<string[]> {
  const [verb = 'up', to, ...rest] = args
  if (verb === 'seed') return seedFirstTenant(args.slice(1), url)
  if (rest.length > 0) throw new Error(USAGE)
  return performMigration(verb, to, url)
}

async function performMigration(
  verb: string,
  to: string | undefined,
  url: string,
): Promise<string[]> {
  switch (verb) {
    case 'up':
      return told('ran', await migrate(url, { to }), 'nothing to do, the database is up to date')
    case 'down':
      return told('reverted', await revert(url, { to }), 'nothing to revert')
    case 'status':
      return (await status(url)).map(
        ({ name, executedAt }) => `${executedAt?.toISOString() ?? 'pending'.padEnd(24)}  ${name}`,
      )
    default:
      throw new Error(USAGE)
  }
}

function told(verb: string, names: readonly string[], otherwise: string): string[] {
  return names.length === 0 ? [otherwise] : names.map((name) => `${verb} ${name}`)
}

function oneLine(error: unknown): string {
  if (error instanceof DatabaseUnavailable) {
    return 'The database cannot be reached: is it running, and is DATABASE_URL right?'
  }
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] ?? message
}

if (import.meta.main) {
  await runMigrate(process.argv.slice(2), process.env.DATABASE_URL).catch((error: unknown) => {
    console.error(`migrate: ${oneLine(error)}`)
    process.exitCode = 1
  })
}
