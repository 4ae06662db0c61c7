import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bootstrapAppRoles, ensureTransitKeys } from '../../vault/vault-bootstrap.ts'
import { makeVaultSession } from '../../vault/vault-session.ts'

const ROLES = ['api', 'worker'] as const
/** Logins of a worker that rotates keys; written where a folder is mounted for them. */
const ROTATION_ROLES = ['rotate', 'rewrap'] as const
const USAGE = 'Usage: bootstrap.ts <vault address> <root token file> <folder of the AppRoles>'

/**
 * Makes the transit keys, the policies and their AppRoles, leaves the ids of API and worker in
 * `<folder>/<role>/{role_id,secret_id}`, those for rotating keys likewise if `<folder>/rotate` and
 * `<folder>/rewrap` exist, and ends the root token it was given. Repeatable.
 */
async function main([address, tokenFile, folder]: readonly string[]): Promise<void> {
  if (!address || !tokenFile || !folder) throw new Error(USAGE)
  if (!existsSync(tokenFile)) return confirmDone(folder)
  const token = (await readFile(tokenFile, 'utf8')).trim()
  await ensureTransitKeys({ address, token })
  const roles = await bootstrapAppRoles({ address, token })
  const rotation = ROTATION_ROLES.filter((role) => existsSync(join(folder, role)))
  for (const role of [...ROLES, ...rotation]) {
    const { roleId, secretId } = roles[role]
    await mkdir(join(folder, role), { recursive: true })
    await writeReadOnly(join(folder, role, 'role_id'), roleId)
    await writeReadOnly(join(folder, role, 'secret_id'), secretId)
  }
  await revoke(address, token)
  await rm(tokenFile)
  console.log('bootstrap: transit keys, policies and AppRoles are there; the root token has ended')
}

async function writeReadOnly(path: string, text: string): Promise<void> {
  // A try that failed half-way left one that cannot be written over.
  await rm(path, { force: true })
  await writeFile(path, text, { mode: 0o400, flush: true })
}

function confirmDone(folder: string): void {
  const missing = ROLES.filter((role) => !existsSync(join(folder, role, 'secret_id')))
  if (missing.length === 0) {
    console.log('bootstrap: was done before')
    return
  }
  throw new Error(`no root token, and no AppRole of ${missing.join(', ')}; see the runbook`)
}

async function revoke(address: string, token: string): Promise<void> {
  const session = makeVaultSession({ address, token })
  try {
    await session.call('write', 'auth/token/revoke-self')
  } finally {
    session.close()
  }
}

await main(process.argv.slice(2))
