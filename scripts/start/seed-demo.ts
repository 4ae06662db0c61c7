import { randomBytes, scryptSync } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { openDatabase } from '../../db/open-database.ts'
import { type SeedUser, seedTenant } from '../../db/seed.ts'
import { apiKeySeed, makeApiKey } from '../seed-tenant.ts'

const demoFile = z.object({
  api_key: z.string(),
  /** One for all three people of the demo. */
  password: z.string(),
  first_post_id: z.string().optional(),
})

export interface DemoTenant {
  tenantId: string
  apiKey: string
  password: string
  users: { email: string; role: string }[]
  firstPostId?: string
}

const SLUG = 'demo'
/** https://datatracker.ietf.org/doc/html/rfc7914#section-2 */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 }

/** The tenant `demo` with its people and key; a later start finds the same. */
export async function seedDemo(home: string, databaseUrl: string): Promise<DemoTenant> {
  const secrets = readDemo(home) ?? makeSecrets(home)
  const db = await openDatabase({ url: databaseUrl, poolMax: 2, applicationName: 'clarion-start' })
  try {
    const { tenantId, users } = await seedTenant(db, {
      slug: SLUG,
      name: 'Demo',
      users: people(secrets.password),
      apiKey: apiKeySeed('Demo key of npm start', secrets.api_key),
    })
    const { api_key: apiKey, password, first_post_id: firstPostId } = secrets
    return { tenantId, users, apiKey, password, firstPostId }
  } finally {
    await db.close()
  }
}

/** Remembers that the first post was made, so that no later start repeats it. */
export function rememberFirstPost(home: string, postId: string): void {
  const secrets = readDemo(home)
  if (secrets !== undefined) writeDemo(home, { ...secrets, first_post_id: postId })
}

function makeSecrets(home: string): z.output<typeof demoFile> {
  const secrets = {
    api_key: makeApiKey(),
    password: randomBytes(9).toString('base64url'),
  }
  writeDemo(home, secrets)
  return secrets
}

function readDemo(home: string): z.output<typeof demoFile> | undefined {
  const path = pathOf(home)
  if (!existsSync(path)) return undefined
  const parsed = demoFile.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  return parsed.data
}

function writeDemo(home: string, secrets: z.output<typeof demoFile>): void {
  writeFileSync(pathOf(home), `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  chmodSync(pathOf(home), 0o600)
}

function pathOf(home: string): string {
  return join(home, 'demo.json')
}

function people(password: string): SeedUser[] {
  const passwordHash = hashPassword(password)
  return [
    { email: `admin@${SLUG}.example`, displayName: 'Ada Admin', role: 'admin', passwordHash },
    {
      email: `marketing@${SLUG}.example`,
      displayName: 'Mara Marketing',
      role: 'marketing',
      passwordHash,
    },
    { email: `staff@${SLUG}.example`, displayName: 'Stan Staff', role: 'staff', passwordHash },
  ]
}

/** PHC string format, so that cost and salt stand with the hash. */
function hashPassword(password: string): string {
  const salt = randomBytes(16)
  const hash = scryptSync(password, salt, 32, SCRYPT)
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$scrypt$ln=15,r=8,p=1$${text(salt)}$${text(hash)}`
}
