import { loadTokens } from '../../db/repositories/connection-tokens.ts'
import { tokenContext } from '../../domain/token-context.ts'
import { type BenchStack, X_APP } from '../bench-stack.ts'
import { plainLoop } from '../plain-loop.ts'
import { round } from '../stats.ts'
import type { XAccount } from '../x-accounts.ts'

export interface RefreshFloorOptions {
  /** Refreshes at once, as many as the product's worker runs. */
  atOnce: number
  /** Also reads and decrypts the stored tokens first, as every real refresher must. */
  withDecrypt: boolean
}

const UPDATE = `
  update connection_tokens t set ciphertext = n.ciphertext, key_version = n.key_version,
    token_version = t.token_version + 1
  from jsonb_to_recordset(?::jsonb) as n(kind text, ciphertext text, key_version integer)
  where t.tenant_id = ? and t.connection_id = ? and t.kind = n.kind`

/**
 * The least a refresh can be, for each account: the token call, one transit batch, one update; no
 * Temporal, no compare-and-set, no history. Answers refreshes per second; the accounts it is given
 * hold their new refresh tokens afterwards.
 */
export async function refreshFloor(
  stack: BenchStack,
  accounts: XAccount[],
  { atOnce, withDecrypt }: RefreshFloorOptions,
): Promise<number> {
  const startedAt = performance.now()
  await plainLoop(accounts, atOnce, async (account) => {
    const spent = withDecrypt ? await storedToken(stack, account) : account.refreshToken
    const tokens = await callTokenEndpoint(stack.sandboxUrl, spent)
    await store(stack, account.connectionId, tokens)
    account.refreshToken = tokens.refresh_token
  })
  return round((accounts.length * 1000) / (performance.now() - startedAt))
}

async function storedToken(
  { db, cipher, tenantId }: BenchStack,
  { connectionId }: XAccount,
): Promise<string> {
  const tokens = await db.withTenant(tenantId, (em) => loadTokens(em, tenantId, connectionId))
  const items = tokens.map(({ kind, ciphertext }) => ({
    ciphertext,
    context: tokenContext(tenantId, connectionId, kind),
  }))
  const plaintexts = await cipher.decrypt(items)
  return plaintexts[tokens.findIndex(({ kind }) => kind === 'refresh')] ?? ''
}

interface Tokens {
  access_token: string
  refresh_token: string
}

const BASIC = Buffer.from(`${X_APP.clientId}:${X_APP.clientSecret}`).toString('base64')

async function callTokenEndpoint(sandboxUrl: string, refreshToken: string): Promise<Tokens> {
  const answer = await fetch(`${sandboxUrl}/x/2/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${BASIC}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  })
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`)
  return JSON.parse(await answer.text())
}

async function store(stack: BenchStack, connectionId: string, tokens: Tokens): Promise<void> {
  const { db, cipher, tenantId } = stack
  const given = { access: tokens.access_token, refresh: tokens.refresh_token }
  const kinds = Object.entries(given)
  const sealed = await cipher.encrypt(
    kinds.map(([kind, plaintext]) => ({
      plaintext,
      context: tokenContext(tenantId, connectionId, kind),
    })),
  )
  const rows = kinds.map(([kind], index) => ({
    kind,
    ciphertext: sealed[index]?.ciphertext,
    key_version: sealed[index]?.keyVersion,
  }))
  await db.withTenant(tenantId, (em) =>
    em.execute(UPDATE, [JSON.stringify(rows), tenantId, connectionId]),
  )
}
