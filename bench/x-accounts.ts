import { randomUUID } from 'node:crypto'
import { recordConnectionEvent } from '../db/repositories/connection-status.ts'
import { writeTokens } from '../db/repositories/connection-tokens.ts'
import { tokenContext } from '../domain/token-context.ts'
import type { Account, Authorizer, Grant } from '../platforms/authorizer.ts'
import type { Http } from '../platforms/http.ts'
import { makeRegistry } from '../platforms/registry.ts'
import { type BenchStack, X_APP } from './bench-stack.ts'
import { plainLoop } from './plain-loop.ts'

/** One X account, connected by its consent; the floor uses its refresh token directly. */
export interface XAccount {
  connectionId: string
  refreshToken: string
}

/** Connecting is not measured: as many at once as the database has sessions. */
const AT_ONCE = 20
const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/x'

interface Side {
  stack: BenchStack
  x: Authorizer
  http: Http
}

/** New accounts of the sandbox: authorization page, callback, code exchange, rows. */
export async function connectXAccounts(stack: BenchStack, count: number): Promise<XAccount[]> {
  const host = `${stack.sandboxUrl}/x`
  const registry = makeRegistry({
    hosts: { x: { apiBaseUrl: host, authBaseUrl: host } },
    http: { userAgent: 'Clarion/bench', allowedPrivateHosts: [new URL(host).host] },
  })
  const { http } = registry
  const x = registry.authorizer('x', 'oauth2')
  if (x === undefined) throw new Error('X is not offered')
  try {
    const indexes = Array.from({ length: count }, (_, index) => index)
    return await plainLoop(indexes, AT_ONCE, () => connect({ stack, x, http }))
  } finally {
    await http.close()
  }
}

async function connect(side: Side): Promise<XAccount> {
  const call = { http: side.http, signal: AbortSignal.timeout(30_000) }
  const grant = await consent(side, call)
  const { accessToken, tokenType, refreshToken } = grant
  if (refreshToken === undefined) throw new Error('X gave no refresh token')
  const account = await side.x.identify({ accessToken, tokenType, secrets: {} }, call)
  return { connectionId: await insert(side.stack, account, grant), refreshToken }
}

async function consent({ stack, x }: Side, call: { http: Http; signal: AbortSignal }) {
  const { authorizationUrl, exchange } = x
  if (!authorizationUrl || !exchange) throw new Error('X has no redirect flow')
  const codeVerifier = 'v'.repeat(64)
  const shared = { app: X_APP, redirectUri: REDIRECT_URI, state: randomUUID(), codeVerifier }
  const { url } = await authorizationUrl({ ...shared, scopes: [], isReconnect: false }, call)
  url.searchParams.set('sandbox_account', await newAccount(stack.sandboxUrl))
  url.searchParams.set('sandbox_decision', 'allow')
  const answer = await fetch(url, { redirect: 'manual' })
  const params = new URL(answer.headers.get('location') ?? '').searchParams
  return exchange({ ...shared, params, secrets: {} }, call)
}

/** Answers the handle by which the consent page finds the account. */
async function newAccount(sandboxUrl: string): Promise<string> {
  const handle = `b${randomUUID().slice(0, 12).replaceAll('-', '')}`
  const answer = await fetch(`${sandboxUrl}/_sandbox/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'x', handle }),
  })
  // A bench of fewer accounts than meant would measure something else.
  if (answer.status !== 201) throw new Error(`sandbox account: ${await answer.text()}`)
  return handle
}

async function insert(stack: BenchStack, account: Account, grant: Grant): Promise<string> {
  const { db, tenantId, userId } = stack
  const connectionId = randomUUID()
  const tokens = await seal(stack, connectionId, grant)
  const who = [account.platformAccountId, account.handle, account.kind]
  await db.withTenant(tenantId, async (em) => {
    const sql = `insert into connections (id, tenant_id, user_id, platform, platform_account_id,
        account_handle, account_kind, method, refresh_model)
      values (?, ?, ?, 'x', ?, ?, ?, 'oauth2', 'rotating')`
    await em.execute(sql, [connectionId, tenantId, userId, ...who])
    await writeTokens(em, {
      tenantId,
      connectionId,
      expectedVersion: 0,
      tokens,
      tokenType: grant.tokenType,
      scopes: grant.scopes,
      issuedAt: new Date(),
      expiresAt: grant.expiresAt ?? null,
      refreshExpiresAt: grant.refreshExpiresAt ?? null,
      nextRefreshAt: null,
      isRefresh: false,
    })
    await recordConnectionEvent(em, { tenantId, connectionId }, { type: 'connected' })
  })
  return connectionId
}

async function seal({ cipher, tenantId }: BenchStack, connectionId: string, grant: Grant) {
  const given = { access: grant.accessToken, refresh: grant.refreshToken ?? '' }
  const kinds = Object.entries(given)
  const sealed = await cipher.encrypt(
    kinds.map(([kind, plaintext]) => ({
      plaintext,
      context: tokenContext(tenantId, connectionId, kind),
    })),
  )
  return kinds.flatMap(([kind], index) => {
    const item = sealed[index]
    if (item === undefined) throw new Error('the cipher answered too little')
    return [{ kind, ...item, expiresAt: null }]
  })
}
