import { randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { OauthSession } from '../../db/entities/oauth-session.ts'
import { PlatformApp } from '../../db/entities/platform-app.ts'
import type { Database } from '../../db/open-database.ts'
import { REWRAP_PLACES } from '../../db/repositories/rewrap-places.ts'
import { loadSecretRows } from '../../db/repositories/rewrap-rows.ts'
import { tokenContext } from '../../domain/token-context.ts'
import { keyVersionOf, type TokenCipher } from '../../vault/token-cipher.ts'
import { addConnection, makeTeam, type Team } from '../db/rows.ts'

/** Rows with secrets in every place that has some, as the API and the activities write them. */

export interface Secrets {
  team: Team
  connectionIds: string[]
  appId: string
  sessionId: string
}

const HOUR_MS = 3_600_000

/** A tenant with `connections` connections of two tokens each, and one row in every other place. */
export async function fillSecrets(
  db: Database,
  cipher: TokenCipher,
  connections: number,
): Promise<Secrets> {
  const team = await makeTeam(db)
  const seal = sealer(cipher, team.tenantId)
  const connectionIds = await db.withTenant(team.tenantId, async (em) => {
    const ids: string[] = []
    for (let made = 0; made < connections; made++) {
      const account = { platformAccountId: randomUUID(), connectedAt: new Date() }
      ids.push(await addConnection(em, team, account))
    }
    return ids
  })
  const tokens = await seal(
    connectionIds.flatMap((id) => [place(id, 'access'), place(id, 'refresh')]),
  )
  const [appId, sessionId] = [randomUUID(), randomUUID()]
  const registration = await sealedRow(seal, 'app', randomUUID(), ['client_secret'])
  const app = await sealedRow(seal, 'app', appId, ['client_secret', 'api_secret'])
  const fields = ['code_verifier', 'secrets', 'grant']
  const session = await sealedRow(seal, 'oauth', sessionId, fields)
  const endpoint = await sealedRow(seal, 'hook', randomUUID(), ['secret'])
  await db.withTenant(team.tenantId, async (em) => {
    for (const token of tokens) await insertToken(em, team, token)
    await insertRegistration(em, team, registration)
    await insertApp(em, team, app)
    await insertSession(em, team, session)
    await insertEndpoint(em, team, endpoint)
  })
  return { team, connectionIds, appId, sessionId }
}

interface SealedRow {
  id: string
  secrets: SealedPlace[]
}

async function sealedRow(
  seal: ReturnType<typeof sealer>,
  prefix: string,
  id: string,
  fields: string[],
): Promise<SealedRow> {
  return { id, secrets: await seal(fields.map((field) => place(`${prefix}:${id}`, field))) }
}

function insertToken(em: EntityManager, { tenantId }: Team, token: SealedPlace) {
  return em.execute(
    `insert into connection_tokens (tenant_id, connection_id, kind, ciphertext, key_version)
     values (?, ?, ?, ?, ?)`,
    [tenantId, token.row, token.field, token.ciphertext, token.keyVersion],
  )
}

function insertRegistration(em: EntityManager, { tenantId }: Team, { id, secrets }: SealedRow) {
  return em.execute(
    `insert into app_registrations
       (id, tenant_id, platform, service_url, client_id, client_secret_ciphertext, key_version)
     values (?, ?, 'mastodon', 'https://m.example', 'id', ?, ?)`,
    [id, tenantId, secrets[0]?.ciphertext, secrets[0]?.keyVersion],
  )
}

function insertApp(em: EntityManager, { tenantId }: Team, { id, secrets }: SealedRow) {
  const [clientSecret, apiSecret] = secrets
  return em.insert(PlatformApp, {
    ...{ id, tenantId, platform: 'x', name: 'App', clientId: 'c', apiKey: 'k' },
    clientSecretCiphertext: clientSecret?.ciphertext,
    apiSecretCiphertext: apiSecret?.ciphertext,
    keyVersion: apiSecret?.keyVersion,
  })
}

function insertSession(em: EntityManager, { tenantId, adminId }: Team, row: SealedRow) {
  const [verifier, secrets, grant] = row.secrets
  return em.insert(OauthSession, {
    ...{ id: row.id, tenantId, userId: adminId, platform: 'x', stateHash: randomUUID() },
    ...{ redirectUri: 'https://c.example', expiresAt: new Date(Date.now() + HOUR_MS) },
    codeVerifierCiphertext: verifier?.ciphertext,
    secretsCiphertext: secrets?.ciphertext,
    grantCiphertext: grant?.ciphertext,
    // Not said, as sessions of the first version of Clarion do.
    keyVersion: undefined,
  })
}

function insertEndpoint(em: EntityManager, { tenantId }: Team, { id, secrets }: SealedRow) {
  return em.execute(
    `insert into webhook_endpoints (id, tenant_id, url, secret_ciphertext, key_version)
     values (?, ?, 'https://h.example', ?, ?)`,
    [id, tenantId, secrets[0]?.ciphertext, secrets[0]?.keyVersion],
  )
}

export interface SecretInRow {
  table: string
  id: string
  ciphertext: string
  keyVersion: number
  /** What it opens to, in the context of its row. */
  plaintext: string
}

/** Opens every secret of a tenant in the context of its row; throws when one does not open. */
export async function openSecrets(
  db: Database,
  cipher: TokenCipher,
  tenantId: string,
): Promise<SecretInRow[]> {
  const found = await db.withTenant(tenantId, async (em) => {
    const all = []
    for (const place of REWRAP_PLACES) {
      const ids = await em.execute<{ id: string }[]>(`select id from ${place.table}`)
      const rows = await loadSecretRows(
        em,
        place,
        ids.map(({ id }) => id),
      )
      for (const { id, secrets } of rows) {
        for (const secret of secrets) if (secret) all.push({ table: place.table, id, ...secret })
      }
    }
    return all
  })
  const plaintexts = await cipher.decrypt(
    found.map(({ ciphertext, row, field }) => ({
      ciphertext,
      context: tokenContext(tenantId, row, field),
    })),
  )
  return found.map(({ table, id, ciphertext }, at) => ({
    ...{ table, id, ciphertext, plaintext: plaintexts[at] ?? '' },
    keyVersion: keyVersionOf(ciphertext) ?? 0,
  }))
}

/** What a secret was made of: its own place, so that a mix-up shows. */
export function plaintextAt(row: string, field: string): string {
  return `sbx_secret_${row}_${field}`
}

interface Place {
  row: string
  field: string
}

interface SealedPlace extends Place {
  ciphertext: string
  keyVersion: number
}

const place = (row: string, field: string): Place => ({ row, field })

function sealer(cipher: TokenCipher, tenantId: string) {
  return async (places: Place[]): Promise<SealedPlace[]> => {
    const sealed = await cipher.encrypt(
      places.map(({ row, field }) => ({
        plaintext: plaintextAt(row, field),
        context: tokenContext(tenantId, row, field),
      })),
    )
    return places.map((one, at) => ({
      ...one,
      ciphertext: sealed[at]?.ciphertext ?? '',
      keyVersion: sealed[at]?.keyVersion ?? 0,
    }))
  }
}
