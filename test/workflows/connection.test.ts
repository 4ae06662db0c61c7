import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeTokens } from '../../db/repositories/connection-tokens.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { Connected, StartedConnection } from '../support/connections.ts'
import {
  connectMastodon,
  connectX,
  consentOnX,
  dueNow,
  startConnection,
} from '../support/connections.ts'
import { attempts, drive, sql } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { until } from '../support/rows.ts'
import { makeSandboxControl, type SandboxControl } from '../support/sandbox-control.ts'

let stack: InProcess
let sandbox: SandboxControl

beforeAll(async () => {
  stack = await startInProcess()
  sandbox = makeSandboxControl(stack.sandbox.url)
})
afterAll(() => stack.stop())

async function x(): Promise<{ one: Connected; connection: StartedConnection }> {
  const one = await connectX(stack)
  return { one, connection: await startConnection(stack, one) }
}

function tokenFault({ accountId }: Connected, fault: string, more: object = {}) {
  const order = { platform: 'x', account_id: accountId, step: 'token', times: 1, ...more }
  return sandbox.fault({ ...order, fault })
}

function storedTokens({ connectionId }: Connected) {
  return sql<{ kind: string; ciphertext: string }>(
    stack,
    'select kind, ciphertext from connection_tokens where connection_id = ? order by kind',
    [connectionId],
  )
}

describe('refreshing', () => {
  test('happens by itself when it is due, and plans the next', async () => {
    const one = await connectX(stack)
    const before = await storedTokens(one)
    await dueNow(stack, one)
    const connection = await startConnection(stack, one)
    const state = await until(connection.state, ({ tokenVersion }) => tokenVersion === 2)
    expect(state).toMatchObject({ status: 'active', refreshFailures: 0 })
    const lifeMs = (state.expiresAt ?? 0) - Date.now()
    const waitMs = (state.nextRefreshAt ?? 0) - Date.now()
    expect(waitMs / lifeMs).toBeGreaterThan(0.6)
    expect(waitMs / lifeMs).toBeLessThan(0.8)
    expect(await connection.tokenCalls()).toEqual([200])
    // Rotated: both tokens are new ones.
    const after = await storedTokens(one)
    expect(after.map(({ kind }) => kind)).toEqual(['access', 'refresh'])
    for (const [index, { ciphertext }] of after.entries()) {
      expect(ciphertext).not.toBe(before[index]?.ciphertext)
    }
  })

  test('forced twice at once calls the token endpoint once', async () => {
    const { connection } = await x()
    const answers = await Promise.all([connection.refresh(), connection.refresh()])
    expect(answers).toMatchObject([
      { outcome: 'fresh', tokenVersion: 2 },
      { outcome: 'fresh', tokenVersion: 2 },
    ])
    expect(await connection.tokenCalls()).toEqual([200])
  })

  test('asked for by 50 publishes whose token was refused calls it once', async () => {
    const { one, connection } = await x()
    const { tenantId } = stack
    const { connectionId } = one
    const ask = () => stack.deps.freshToken({ tenantId, connectionId, staleVersion: 1 })
    const answers = await Promise.all(Array.from({ length: 50 }, ask))
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['fresh']))
    expect(await connection.tokenCalls()).toEqual([200])
    expect(await connection.state()).toMatchObject({ tokenVersion: 2 })
  })
})

describe('trouble at the token endpoint', () => {
  test('leaves the connection active, makes callers wait, and passes', async () => {
    const { one, connection } = await x()
    const fault = await tokenFault(one, 'status', { times: null, status: 500 })
    expect(await connection.refresh({ staleVersion: 1 })).toMatchObject({ outcome: 'retrying' })
    const state = await connection.state()
    expect(state).toMatchObject({ status: 'active', refreshFailures: 1, tokenVersion: 1 })
    expect(state.nextRefreshAt).toBeGreaterThan(Date.now())
    // During the backoff callers are answered without a call.
    expect(await connection.refresh({ staleVersion: 1 })).toMatchObject({ outcome: 'retrying' })
    expect(await connection.tokenCalls()).toEqual([500])
    await connection.refresh()
    expect(await connection.state()).toMatchObject({ status: 'active', refreshFailures: 2 })
    await sandbox.removeFault(fault)
    await dueNow(stack, one)
    await connection.handle.signal('changed')
    const healed = await until(connection.state, ({ tokenVersion }) => tokenVersion === 2)
    expect(healed).toMatchObject({ status: 'active', refreshFailures: 0 })
  })

  test('a lost connection is no proof of anything', async () => {
    const { one, connection } = await x()
    await tokenFault(one, 'drop_before')
    expect(await connection.refresh()).toMatchObject({ outcome: 'retrying' })
    expect(await connection.state()).toMatchObject({ status: 'active' })
    expect(await connection.refresh()).toMatchObject({ outcome: 'fresh', tokenVersion: 2 })
  })

  test('a rotated pair whose answer was lost is told as what it is, not as a revocation', async () => {
    const { one, connection } = await x()
    await tokenFault(one, 'drop_after_accept')
    expect(await connection.refresh()).toMatchObject({ outcome: 'retrying' })
    expect(await connection.refresh()).toMatchObject({
      outcome: 'needs_reconnect',
      status: 'expired',
    })
    const error = `select last_error->>'code' as code from connections where id = ?`
    expect(await sql(stack, error, [one.connectionId])).toEqual([{ code: 'refresh_interrupted' }])
  })
})

describe('a revoked account', () => {
  test('needs a person, publishes say so, and a reconnect resumes everything', async () => {
    const { one, connection } = await x()
    await sandbox.revoke('x', one.accountId)
    const answer = await connection.refresh()
    expect(answer).toEqual({ outcome: 'needs_reconnect', status: 'revoked', code: 'revoked' })
    const post = await drive(stack, { status: 'queued', targets: [{ ...one, handle: '' }] })
    const failed = await post.reaches('failed')
    expect(failed.targets).toMatchObject([{ failureCode: 'needs_reconnect', retryable: true }])
    expect(await post.accepted()).toEqual([])

    await reconnect(one)
    await connection.handle.signal('changed')
    await until(
      () => connection.handle.query<{ status: string }>('state'),
      ({ status }) => status === 'active',
    )
    const { seq } = await post.row()
    await post.handle.executeUpdate('retry', { args: [{ seq }] })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await post.accepted()).toHaveLength(1)
  })

  test('is found out by a publish that is refused', async () => {
    const { one, connection } = await x()
    await sandbox.revoke('x', one.accountId)
    const post = await drive(stack, { status: 'queued', targets: [{ ...one, handle: '' }] })
    const failed = await post.reaches('failed')
    expect(failed.targets).toMatchObject([{ failureCode: 'needs_reconnect' }])
    expect(await connection.state()).toMatchObject({ status: 'revoked' })
    expect(await attempts(stack, post.postId)).toMatchObject([{ status: 'not_sent' }])
  })

  test('without refreshable tokens is found out by asking who it is', async () => {
    const one = await connectMastodon(stack)
    const connection = await startConnection(stack, one)
    expect(await connection.validate()).toMatchObject({ status: 'active' })
    await sandbox.revoke('mastodon', one.accountId)
    expect(await connection.refresh({ staleVersion: 1 })).toMatchObject({
      outcome: 'needs_reconnect',
      status: 'revoked',
    })
  })
})

describe('disconnecting', () => {
  test('erases every secret and ends the workflow', async () => {
    const { one, connection } = await x()
    expect(await storedTokens(one)).toHaveLength(2)
    expect(await connection.disconnect()).toMatchObject({ status: 'disconnected' })
    expect(await storedTokens(one)).toEqual([])
    expect(await connection.handle.result()).toMatchObject({ status: 'disconnected' })
  })

  test('waits for a refresh under way, whose tokens would otherwise be left behind', async () => {
    const { one, connection } = await x()
    await tokenFault(one, 'delay', { delay_ms: 700 })
    const refresh = connection.refresh()
    const isRefreshing = async () =>
      (await connection.handle.describe()).raw.pendingActivities?.length ?? 0
    await until(isRefreshing, (count) => count === 1)
    await connection.handle.signal('disconnect', null)
    expect(await refresh).toMatchObject({ outcome: 'fresh' })
    expect(await connection.handle.result()).toMatchObject({ status: 'disconnected' })
    expect(await storedTokens(one)).toEqual([])
  })
})

test('operators see a connection’s state, token and next refresh', async () => {
  const { connection } = await x()
  const metadata: { currentDetails?: string } = await connection.handle.query(
    '__temporal_workflow_metadata',
  )
  const state = await connection.state()
  expect(metadata.currentDetails).toContain('### x · active')
  expect(metadata.currentDetails).toContain(new Date(state.expiresAt ?? 0).toISOString())
  await connection.handle.signal('refresh', null)
  await until(connection.state, ({ tokenVersion }) => tokenVersion === 2)
  await connection.disconnect()
  await connection.handle.result()
  const { typedSearchAttributes } = await connection.handle.describe()
  const seen = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])
  expect(Object.fromEntries(seen)).toMatchObject({
    ConnectionState: 'disconnected',
    NeedsAttention: false,
    Platform: 'x',
  })
})

/** What the callback of a second consent writes. */
async function reconnect({ connectionId, accountId }: Connected): Promise<void> {
  const { tenantId } = stack
  const accounts: { data: { account_id: string; handle: string }[] } = JSON.parse(
    await (await fetch(`${stack.sandbox.url}/_sandbox/accounts?platform=x`)).text(),
  )
  const account = accounts.data.find((candidate) => candidate.account_id === accountId)
  const grant = await consentOnX(stack, account?.handle ?? '')
  const given = Object.entries({ access: grant.accessToken, refresh: grant.refreshToken ?? '' })
  const sealed = await stack.deps.cipher.encrypt(
    given.map(([kind, plaintext]) => ({
      plaintext,
      context: tokenContext(tenantId, connectionId, kind),
    })),
  )
  const tokens = sealed.map((item, index) => ({
    ...item,
    kind: given[index]?.[0] ?? '',
    expiresAt: null,
  }))
  const { tokenType, scopes, expiresAt = null } = grant
  const write = { tokens, tokenType, scopes, expiresAt, issuedAt: new Date(), isRefresh: false }
  const rest = { expectedVersion: 1, refreshExpiresAt: null, nextRefreshAt: null }
  await stack.db.withTenant(tenantId, (em) =>
    writeTokens(em, { tenantId, connectionId, ...write, ...rest }),
  )
}
