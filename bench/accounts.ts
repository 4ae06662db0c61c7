import { randomUUID } from 'node:crypto'
import { writeTokens } from '../db/repositories/connection-tokens.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { BenchStack } from './bench-stack.ts'

/** One sandbox account; the floor uses its token directly, the product by its connection. */
export interface BenchAccount {
  connectionId: string
  accountId: string
  accessToken: string
}

/** Mastodon accounts of the sandbox, connected as the product stores them. */
export async function connectAccounts(stack: BenchStack, count: number): Promise<BenchAccount[]> {
  const accounts: BenchAccount[] = []
  for (let index = 0; index < count; index++) accounts.push(await connectAccount(stack))
  return accounts
}

async function connectAccount(stack: BenchStack): Promise<BenchAccount> {
  const handle = `b${randomUUID().slice(0, 8)}`
  const answer = await fetch(`${stack.sandboxUrl}/_sandbox/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'mastodon', handle }),
  })
  // A bench of fewer accounts than meant would measure something else.
  if (answer.status !== 201) throw new Error(`sandbox account: ${await answer.text()}`)
  const row: { account_id: string; credentials: { access_token: string } } = JSON.parse(
    await answer.text(),
  )
  const accessToken = row.credentials.access_token
  const connectionId = await insertConnection(stack, row.account_id, handle, accessToken)
  return { connectionId, accountId: row.account_id, accessToken }
}

async function insertConnection(
  { db, cipher, tenantId, userId, sandboxUrl }: BenchStack,
  accountId: string,
  handle: string,
  accessToken: string,
): Promise<string> {
  const connectionId = randomUUID()
  const context = tokenContext(tenantId, connectionId, 'access')
  const [sealed] = await cipher.encrypt([{ plaintext: accessToken, context }])
  if (sealed === undefined) throw new Error('the cipher answered nothing')
  await db.withTenant(tenantId, async (em) => {
    const sql = `insert into connections (id, tenant_id, user_id, platform, platform_account_id,
      account_handle, service_url) values (?, ?, ?, 'mastodon', ?, ?, ?)`
    await em.execute(sql, [connectionId, tenantId, userId, accountId, handle, sandboxUrl])
    await writeTokens(em, {
      tenantId,
      connectionId,
      expectedVersion: 0,
      tokens: [{ kind: 'access', ...sealed, expiresAt: null }],
      tokenType: 'bearer',
      scopes: ['read:accounts', 'read:statuses', 'write:statuses'],
      issuedAt: new Date(),
      expiresAt: null,
      refreshExpiresAt: null,
      nextRefreshAt: null,
      isRefresh: false,
    })
  })
  return connectionId
}
