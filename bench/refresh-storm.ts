import { loadConnectionState } from '../db/repositories/connection-facts.ts'
import { connectionChanged, connectionWorkflowId } from '../workflows/contract.ts'
import { connectionStart } from '../workflows/start-options.ts'
import type { BenchStack } from './bench-stack.ts'
import { plainLoop } from './plain-loop.ts'
import { drainRate, type Lateness, lateness } from './stats.ts'
import type { XAccount } from './x-accounts.ts'

/** Refreshes that are all due at one instant; lateness until the row was written. */
export interface Storm extends Lateness {
  refreshesPerSecond: number
}

/** Starting and signalling is not measured. */
const AT_ONCE = 50
const TIMEOUT_MS = 180_000

/** Makes every row due at `dueAt` (epoch ms) and has a workflow wait for it. */
export async function startConnections(
  stack: BenchStack,
  accounts: readonly XAccount[],
  dueAt: number,
): Promise<void> {
  const { client, db, tenantId } = stack
  await setDue(stack, accounts, dueAt)
  await plainLoop(accounts, AT_ONCE, async ({ connectionId }) => {
    const facts = await db.withTenant(tenantId, (em) =>
      loadConnectionState(em, tenantId, connectionId),
    )
    if (facts === undefined) throw new Error('the connection is gone')
    // X has nothing to sync; the rest is the row's.
    const connection = { ...facts.state, syncEveryMs: null }
    const input = { tenantId, connectionId, platform: facts.platform, connection }
    await client.workflow.start('connectionWorkflow', connectionStart(input))
  })
  assertInTime(dueAt)
}

/** The same for workflows that run: they are told as by any change of the row. */
export async function postponeConnections(
  stack: BenchStack,
  accounts: readonly XAccount[],
  dueAt: number,
): Promise<void> {
  await setDue(stack, accounts, dueAt)
  await plainLoop(accounts, AT_ONCE, async ({ connectionId }) => {
    const workflowId = connectionWorkflowId(stack.tenantId, connectionId)
    await stack.client.workflow.getHandle(workflowId).signal(connectionChanged)
  })
  assertInTime(dueAt)
}

/** Waits until every row has this token version; fails unless each account was called once. */
export async function measureStorm(
  stack: BenchStack,
  accounts: readonly XAccount[],
  version: number,
  dueAt: number,
): Promise<Storm> {
  const giveUpAt = dueAt + TIMEOUT_MS
  for (;;) {
    const instants = await writtenInstants(stack, accounts, version)
    if (instants.length === accounts.length) {
      await assertOnce(stack, accounts.length, dueAt)
      return { refreshesPerSecond: drainRate(instants, dueAt), ...lateness(instants, dueAt) }
    }
    if (Date.now() > giveUpAt) throw new Error(`only ${instants.length} were refreshed`)
    // Seldom, so that looking does not slow down what is measured.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function setDue({ db, tenantId }: BenchStack, accounts: readonly XAccount[], dueAt: number) {
  const sql = `update connections set next_refresh_at = ?
    where tenant_id = ? and id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`
  const values = [new Date(dueAt), tenantId, idsOf(accounts)]
  await db.withTenant(tenantId, (em) => em.execute(sql, values))
}

/** Instants (epoch ms) of the transactions that wrote this version. */
async function writtenInstants(
  { db, tenantId }: BenchStack,
  accounts: readonly XAccount[],
  version: number,
): Promise<number[]> {
  const sql = `select last_token_refresh_at as at from connections
    where tenant_id = ? and token_version = ?
      and id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`
  const rows = await db.withTenant(tenantId, (em) =>
    em.execute<{ at: string | Date }[]>(sql, [tenantId, version, idsOf(accounts)]),
  )
  return rows.map(({ at }) => new Date(at).getTime())
}

/** Exactly one call of the token endpoint for each expiry: once comes before fast. */
async function assertOnce({ sandboxUrl }: BenchStack, count: number, dueAt: number) {
  const answer = await fetch(`${sandboxUrl}/_sandbox/calls?platform=x&step=token`)
  const { data }: { data: { account_id: string | null; status: number; at: string }[] } =
    JSON.parse(await answer.text())
  const calls = data.filter(({ at }) => Date.parse(at) >= dueAt)
  const called = new Set(calls.map(({ account_id: accountId }) => accountId))
  const isClean = calls.every(({ status }) => status === 200)
  if (isClean && calls.length === count && called.size === count) return
  throw new Error(`${calls.length} token calls for ${called.size} accounts, ${count} were due`)
}

function assertInTime(dueAt: number): void {
  if (Date.now() > dueAt) throw new Error('they were not ready when they were due: slow machine')
}

function idsOf(accounts: readonly XAccount[]): string {
  return JSON.stringify(accounts.map(({ connectionId }) => connectionId))
}
