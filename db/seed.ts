import type { EntityManager } from '@mikro-orm/postgresql'
import type { Role } from './entities/membership.ts'
import type { Database } from './open-database.ts'

/** Identity is the e-mail address, letter case aside. */
export interface SeedUser {
  email: string
  displayName: string
  role: Role
  externalId?: string
  passwordHash?: string
}

export interface SeedApiKey {
  name: string
  /** First characters of the key, for people to recognise it. */
  prefix: string
  keyHash: string
  scopes: string[]
}

export interface TenantSeed {
  /** Identity of the seed: the same slug is the same tenant. */
  slug: string
  name: string
  timezone?: string
  /** Default: admin, marketing and staff at `<slug>.example`. */
  users?: SeedUser[]
  /** Belongs to the first user. */
  apiKey?: SeedApiKey
}

export interface SeededTenant {
  tenantId: string
  /** In the order of the seed. */
  users: { id: string; email: string; role: Role }[]
}

/** Makes the tenant, its users, their roles and a key; what exists already stays as it is. */
export async function seedTenant(db: Database, seed: TenantSeed): Promise<SeededTenant> {
  const tenantId = await db.asSystem((em) => ensureTenant(em, seed))
  const users = await db.withTenant(tenantId, async (em) => {
    const seeded: SeededTenant['users'] = []
    for (const user of seed.users ?? defaultUsers(seed.slug)) {
      seeded.push(await ensureUser(em, tenantId, user))
    }
    if (seed.apiKey !== undefined) await ensureApiKey(em, tenantId, seeded[0]?.id, seed.apiKey)
    return seeded
  })
  return { tenantId, users }
}

function defaultUsers(slug: string): SeedUser[] {
  return [
    { email: `admin@${slug}.example`, displayName: 'Ada Admin', role: 'admin' },
    { email: `marketing@${slug}.example`, displayName: 'Mara Marketing', role: 'marketing' },
    { email: `staff@${slug}.example`, displayName: 'Stan Staff', role: 'staff' },
  ]
}

async function ensureTenant(em: EntityManager, seed: TenantSeed): Promise<string> {
  await em.execute(
    `insert into tenants (name, slug, timezone) values (?, ?, ?) on conflict (slug) do nothing`,
    [seed.name, seed.slug, seed.timezone ?? 'UTC'],
  )
  const [tenant] = await em.execute<{ id: string }[]>('select id from tenants where slug = ?', [
    seed.slug,
  ])
  if (tenant === undefined) throw new Error(`Tenant ${seed.slug} vanished while it was seeded.`)
  return tenant.id
}

async function ensureUser(em: EntityManager, tenantId: string, user: SeedUser) {
  // The no-op update makes RETURNING answer for a user who was there already.
  const [row] = await em.execute<{ id: string }[]>(
    `insert into users (tenant_id, email, display_name, external_id, password_hash)
     values (?, ?, ?, ?, ?)
     on conflict (tenant_id, lower(email)) do update set email = users.email
     returning id`,
    [tenantId, user.email, user.displayName, user.externalId ?? null, user.passwordHash ?? null],
  )
  if (row === undefined) throw new Error(`User ${user.email} could not be seeded.`)
  await em.execute(
    `insert into memberships (tenant_id, user_id, role) values (?, ?, ?)
     on conflict (tenant_id, user_id) do nothing`,
    [tenantId, row.id, user.role],
  )
  return { id: row.id, email: user.email, role: user.role }
}

async function ensureApiKey(
  em: EntityManager,
  tenantId: string,
  userId: string | undefined,
  key: SeedApiKey,
): Promise<void> {
  if (userId === undefined) throw new Error('A seeded API key needs a user.')
  await em.execute(
    `insert into api_keys (tenant_id, user_id, name, prefix, key_hash, scopes)
     values (?, ?, ?, ?, ?, string_to_array(?, ' '))
     on conflict (key_hash) do nothing`,
    [tenantId, userId, key.name, key.prefix, key.keyHash, key.scopes.join(' ')],
  )
}
