import { randomBytes, randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../db/open-database.ts'
import { insertEndpoint } from '../../db/repositories/webhook-endpoints.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { WebhookEventType } from '../../domain/webhook-events.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { localCipher } from '../api/support/local-cipher.ts'
import { makeTeam, type Team } from '../db/rows.ts'
import { openSession, type Session } from '../db/sessions.ts'
import { testDatabase } from '../support/database.ts'

/** One tenant with a database, a cipher and a clock of the test's own. */
export interface WebhookSetting {
  db: Database
  owner: Session
  /** Of the superuser. */
  url: string
  cipher: TokenCipher
  team: Team
  clock: { ms: number }
  close(): Promise<void>
}

export async function webhookSetting(): Promise<WebhookSetting> {
  const database = await testDatabase()
  const owner = openSession(database.url)
  const { cipher, remove } = localCipher()
  return {
    ...{ db: database.db, url: database.url, owner, cipher, team: await makeTeam(database.db) },
    clock: { ms: Date.UTC(2026, 10, 21, 9) },
    close: async () => {
      await owner.close()
      await database.drop()
      remove()
    },
  }
}

export async function sealSecret(
  cipher: TokenCipher,
  { tenantId, endpointId }: { tenantId: string; endpointId: string },
) {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const context = tokenContext(tenantId, `hook:${endpointId}`, 'secret')
  const [sealed] = await cipher.encrypt([{ plaintext: secret, context }])
  if (sealed === undefined) throw new Error('the cipher sealed nothing')
  return { secret, sealed }
}

/** An active endpoint; it asks for all types unless some are given. */
export async function addEndpoint(
  setting: WebhookSetting,
  url: string,
  { events = [], team = setting.team }: { events?: WebhookEventType[]; team?: Team } = {},
): Promise<{ id: string; secret: string }> {
  const id = randomUUID()
  const { tenantId, adminId: createdBy } = team
  const { secret, sealed } = await sealSecret(setting.cipher, { tenantId, endpointId: id })
  const row = { id, tenantId, url, description: null, events, isActive: true, createdBy }
  await setting.db.withTenant(tenantId, (em) => insertEndpoint(em, row, sealed))
  return { id, secret }
}

export function tell(
  { db, team }: Pick<WebhookSetting, 'db' | 'team'>,
  data: object = {},
  type: WebhookEventType = 'post.published',
): Promise<void> {
  const { tenantId } = team
  return db.withTenant(tenantId, (em) => announce(em, { tenantId, type, data }))
}

/** What the triggers call in the transaction of a change. */
export async function announce(
  em: EntityManager,
  told: { tenantId: string; type: WebhookEventType; data: object },
): Promise<void> {
  const values = [told.tenantId, told.type, JSON.stringify(told.data)]
  await em.execute('select announce_webhook(?, ?, ?::jsonb)', values)
}
