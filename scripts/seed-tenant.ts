import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { hashApiKey } from '../api/http/authenticate.ts'
import { openDatabase } from '../db/open-database.ts'
import { type SeedApiKey, seedTenant } from '../db/seed.ts'

export const SEED_USAGE = 'seed --tenant <slug> --name <name> --admin <email>'

const PREFIX_CHARS = 12

const options = z.strictObject({
  tenant: z.string('is missing').regex(/^[a-z0-9][a-z0-9-]*$/, 'must be of a-z, 0-9 and -'),
  name: z.string('is missing').trim().min(1, 'must not be empty'),
  admin: z.string('is missing').regex(/^\S+@\S+$/, 'must be an e-mail address'),
})

/** What is shown once; of the key only the hash is stored. */
export function makeApiKey(): string {
  return `clr_${randomBytes(32).toString('base64url')}`
}

export function apiKeySeed(name: string, key: string): SeedApiKey {
  const prefix = key.slice(0, PREFIX_CHARS)
  return { name, prefix, keyHash: hashApiKey(key), scopes: ['admin'] }
}

/**
 * Makes a tenant, its administrator and a key with all scopes, and answers the lines to print. Of a
 * tenant and a person who are there already it makes a further key: the way back in when all are lost.
 */
export async function seedFirstTenant(args: readonly string[], url: string): Promise<string[]> {
  const { tenant: slug, name, admin: email } = readOptions(args)
  const apiKey = makeApiKey()
  const db = await openDatabase({ url, poolMax: 2, applicationName: 'clarion-seed' })
  try {
    const { tenantId } = await seedTenant(db, {
      slug,
      name,
      users: [{ email, displayName: email.split('@', 1)[0] ?? email, role: 'admin' }],
      apiKey: apiKeySeed('First key', apiKey),
    })
    return [
      `tenant ${slug} ${tenantId}`,
      `admin ${email}`,
      `api_key ${apiKey}`,
      'The key is shown this once: keep it now.',
    ]
  } finally {
    await db.close()
  }
}

function readOptions(args: readonly string[]): z.output<typeof options> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: { tenant: text, name: text, admin: text },
  })
  const parsed = options.safeParse({ ...values })
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `--${path.join()} ${message}`)
  throw new Error(`${faults.join(', ')}. Usage: npm run migrate -- ${SEED_USAGE}`)
}
