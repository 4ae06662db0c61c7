import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CipherRefused } from './cipher-errors.ts'
import { DEFAULT_CONSENT_KEY_NAME, DEFAULT_KEY_NAME, DEFAULT_MOUNT } from './vault-cipher.ts'
import { makeVaultSession, type VaultSession, type VaultSessionOptions } from './vault-session.ts'

export interface BootstrapOptions extends VaultSessionOptions {
  mount?: string
  keyName?: string
  consentKeyName?: string
}

export const VAULT_ROLES = ['api', 'worker', 'rewrap', 'rotate'] as const
export type VaultRole = (typeof VAULT_ROLES)[number]
export type AppRoles = Record<VaultRole, { roleId: string; secretId: string }>

const TOKEN_PERIOD = '1h'

const mounts = z.object({ data: z.record(z.string(), z.unknown()) })
const roleIdAnswer = z.object({ data: z.object({ role_id: z.string() }) })
const secretIdAnswer = z.object({ data: z.object({ secret_id: z.string() }) })

/** Makes the transit mount and both derived keys unless they are there. Needs an admin token. */
export async function ensureTransitKeys(options: BootstrapOptions): Promise<void> {
  const { mount, keyName, consentKeyName } = namesOf(options)
  await withSession(options, async (session) => {
    const existing = mounts.parse(await session.call('read', 'sys/mounts')).data
    if (!(`${mount}/` in existing)) await enable(session, `sys/mounts/${mount}`, 'transit')
    for (const name of [keyName, consentKeyName]) {
      // Vault leaves a key that exists as it is.
      await session.call('write', `${mount}/keys/${name}`, {
        type: 'aes256-gcm96',
        derived: true,
        exportable: false,
        allow_plaintext_backup: false,
      })
    }
  })
}

/**
 * Writes the policies and their AppRoles `{prefix}-api` and so on, and issues a new secret id for
 * each. Repeatable; needs an admin token. For Docker Compose and tests: in production an operator
 * applies `policies/*.hcl` by the means of the house.
 */
export async function bootstrapAppRoles(
  options: BootstrapOptions & { prefix?: string },
): Promise<AppRoles> {
  const { prefix = 'clarion' } = options
  return withSession(options, async (session) => {
    const existing = mounts.parse(await session.call('read', 'sys/auth')).data
    if (!('approle/' in existing)) await enable(session, 'sys/auth/approle', 'approle')
    const make = async (role: VaultRole) => {
      const name = `${prefix}-${role}`
      const policy = await policyText(role, namesOf(options))
      await session.call('write', `sys/policies/acl/${name}`, { policy })
      return makeRole(session, name)
    }
    return {
      api: await make('api'),
      worker: await make('worker'),
      rewrap: await make('rewrap'),
      rotate: await make('rotate'),
    }
  })
}

async function makeRole(
  session: VaultSession,
  name: string,
): Promise<{ roleId: string; secretId: string }> {
  const path = `auth/approle/role/${name}`
  await session.call('write', path, { token_policies: [name], token_period: TOKEN_PERIOD })
  const role = roleIdAnswer.parse(await session.call('read', `${path}/role-id`))
  const secret = secretIdAnswer.parse(await session.call('write', `${path}/secret-id`))
  return { roleId: role.data.role_id, secretId: secret.data.secret_id }
}

type Names = Required<Pick<BootstrapOptions, 'mount' | 'keyName' | 'consentKeyName'>>

function namesOf(options: BootstrapOptions): Names {
  const { mount = DEFAULT_MOUNT, keyName = DEFAULT_KEY_NAME } = options
  return { mount, keyName, consentKeyName: options.consentKeyName ?? DEFAULT_CONSENT_KEY_NAME }
}

/** The policy file with the names of this mount and its keys in place of the usual ones. */
async function policyText(role: VaultRole, names: Names): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'policies', `${role}.hcl`), 'utf8')
  return text
    .replaceAll(`"${DEFAULT_MOUNT}/`, `"${names.mount}/`)
    .replaceAll(`/${DEFAULT_KEY_NAME}`, `/${names.keyName}`)
    .replaceAll(`/${DEFAULT_CONSENT_KEY_NAME}`, `/${names.consentKeyName}`)
}

/** Two processes may find it missing at once: the second is told that it exists. */
async function enable(session: VaultSession, path: string, type: string): Promise<void> {
  await session.call('write', path, { type }).catch((error: unknown) => {
    if (error instanceof CipherRefused) return
    throw error
  })
}

async function withSession<T>(
  options: VaultSessionOptions,
  fn: (session: VaultSession) => Promise<T>,
): Promise<T> {
  const session = makeVaultSession(options)
  try {
    return await fn(session)
  } finally {
    session.close()
  }
}
