import { chown, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findOnPath } from './obtain-tool.ts'
import { runCommand } from './run-command.ts'

/** Under which account PostgreSQL runs: it refuses to run as root. */
export interface PostgresAccount {
  uid?: number
  gid?: number
  /** The command that changes the account, when a plain change of user is not enough. */
  prefix: readonly string[]
  /** Gives a file or folder to the account; does nothing when it is our own. */
  own(path: string): Promise<void>
}

/** Present on every Linux and macOS, so that nothing has to be added to the machine. */
const CANDIDATES = ['postgres', 'nobody']

/** Our own account, or for root an unprivileged one that can reach all of `paths`. */
export async function postgresAccount(paths: readonly string[]): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { prefix: [], own: () => Promise.resolve() }
  const { uid, gid } = await unprivilegedIds()
  const own = (path: string) => chown(path, uid, gid)
  if (await reachable(paths)) return { uid, gid, prefix: [], own }
  return { prefix: throughClosedFolders(uid, gid, paths), own }
}

/** The command line under the account. */
export function withAccount(
  account: PostgresAccount,
  command: string,
  args: readonly string[],
): { command: string; args: string[] } {
  const [first = command, ...rest] = [...account.prefix, command]
  return { command: first, args: [...rest, ...args] }
}

async function unprivilegedIds(): Promise<{ uid: number; gid: number }> {
  for (const name of CANDIDATES) {
    const uid = await idOf('-u', name)
    const gid = await idOf('-g', name)
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error(
    'PostgreSQL refuses to run as root and there is no account postgres or nobody; ' +
      'run as another user, or set DATABASE_URL to a running server.',
  )
}

async function idOf(flag: string, name: string): Promise<number | undefined> {
  const result = await runCommand('id', [flag, name], { timeoutMs: 10_000 })
  return result.code === 0 ? Number.parseInt(result.output, 10) : undefined
}

/** Whether others may walk down to every path, as a checkout under root's home forbids. */
async function reachable(paths: readonly string[]): Promise<boolean> {
  const folders = new Set(paths.flatMap(ancestors))
  const modes = await Promise.all([...folders].map(modeOf))
  return modes.every((mode) => (mode & 0o001) !== 0)
}

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...ancestors(parent)]
}

async function modeOf(folder: string): Promise<number> {
  const found = await stat(folder).catch(() => undefined)
  // A folder that is still to be made is open to others by the usual umask.
  return found?.mode ?? 0o755
}

/** Keeps one of root's rights, walking through closed folders, under the other account's ids. */
function throughClosedFolders(uid: number, gid: number, paths: readonly string[]): string[] {
  if (findOnPath('setpriv') === undefined) {
    throw new Error(
      `PostgreSQL refuses to run as root, and another user cannot reach ${paths[0]}; ` +
        'move the checkout out of the closed folder, run as another user, or set DATABASE_URL.',
    )
  }
  const right = '+dac_override'
  return [
    'setpriv',
    ...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
    ...[`--inh-caps=${right}`, `--ambient-caps=${right}`],
  ]
}
