import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorkflowHandle } from '@temporalio/client'
import type { ConnectionState } from '../../domain/connection-state.ts'
import { WORKFLOW_QUEUE } from '../../workflows/contract.ts'
import { rotateKeysStart } from '../../workflows/keys-contract.ts'
import type { Connected } from './connections.ts'
import { connectMastodon, connectX, dueNow, startConnection } from './connections.ts'
import { blueskyTarget, command, drive, sql } from './drive.ts'
import { historyToJson } from './history-json.ts'
import type { InProcess } from './in-process.ts'
import { startInProcess } from './in-process.ts'
import { until } from './rows.ts'
import { makeSandboxControl, type SandboxControl } from './sandbox-control.ts'

/**
 * Records histories of real runs for the replay test, of scenarios that have none yet. On purpose
 * only, when workflow code has a new way to go:
 * CLARION_RECORD_HISTORIES=1 npm test -- test/workflows/replay
 */
export const HISTORIES = join(import.meta.dirname, '../histories')

interface Stage {
  stack: InProcess
  sandbox: SandboxControl
}

type Scenario = (stage: Stage) => Promise<WorkflowHandle>

const HOUR_MS = 3_600_000

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'postWorkflow/published-now': async ({ stack }) => {
    const post = await drive(stack, { status: 'queued' })
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/scheduled': async ({ stack }) => {
    const post = await drive(stack, { status: 'scheduled', scheduledAt: soon(HOUR_MS) })
    await command(post, 'reschedule', { at: soon(700).toISOString() })
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/two-targets': async ({ stack }) => {
    const targets = [await blueskyTarget(stack), await blueskyTarget(stack)]
    const post = await drive(stack, { status: 'scheduled', scheduledAt: soon(500), targets })
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/cancelled-when-staged': async ({ stack }) => {
    const post = await drive(stack, { status: 'scheduled', scheduledAt: soon(1_000) })
    await post.isStaged()
    await command(post, 'cancel')
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/lost-answer': async ({ stack, sandbox }) => {
    const target = await blueskyTarget(stack)
    const fault = { platform: 'bluesky', account_id: target.accountId, times: 1 }
    await sandbox.fault({ ...fault, step: 'publish', fault: 'drop_after_accept' })
    const lookup = await sandbox.fault({ ...fault, step: 'lookup', fault: 'status', times: null })
    const post = await drive(stack, { status: 'queued', targets: [target] })
    await post.reaches('unconfirmed')
    await sandbox.removeFault(lookup)
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/fresh-token': async ({ stack, sandbox }) => {
    const target = await blueskyTarget(stack)
    await sandbox.expire('bluesky', target.accountId)
    const post = await drive(stack, { status: 'queued', targets: [target] })
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/failed-and-retried': async ({ stack }) => {
    const target = await blueskyTarget(stack)
    const set = 'update connections set is_active = ? where id = ?'
    await sql(stack, set, [false, target.connectionId])
    const post = await drive(stack, { status: 'queued', targets: [target] })
    await post.reaches('failed')
    await sql(stack, set, [true, target.connectionId])
    await command(post, 'retry')
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/held-and-approved': async ({ stack }) => {
    const waiting = { approvalRequired: true, approvalStatus: 'pending' }
    const post = await drive(stack, { status: 'scheduled', scheduledAt: soon(300), ...waiting })
    const attention = () =>
      sql<{ code: string | null }>(stack, 'select attention_code as code from posts where id = ?', [
        post.postId,
      ])
    await until(attention, ([row]) => row?.code === 'awaiting_approval')
    await command(post, 'approve', { actorId: stack.approverId })
    await post.handle.result()
    return post.handle
  },
  'postWorkflow/commands-as-signals': async ({ stack }) => {
    const post = await drive(stack, { approvalRequired: true })
    await post.handle.signal('retry', {})
    await post.handle.signal('submit', {})
    await until(post.row, (row) => row.approvalStatus === 'pending')
    await post.handle.signal('changed')
    await post.handle.signal('cancel', null)
    await post.handle.result()
    return post.handle
  },
  'connectionWorkflow/refreshed': async ({ stack }) => {
    const one = await connectX(stack)
    await dueNow(stack, one)
    const connection = await startConnection(stack, one)
    await until(connection.state, ({ tokenVersion }) => tokenVersion === 2)
    await connection.refresh({ staleVersion: 1 })
    await Promise.all([connection.refresh(), connection.refresh()])
    return connection.handle
  },
  'connectionWorkflow/trouble': async ({ stack, sandbox }) => {
    const one = await connectX(stack)
    const fault = { platform: 'x', account_id: one.accountId, step: 'token' }
    await sandbox.fault({ ...fault, fault: 'status', times: 1 })
    const connection = await startConnection(stack, one)
    await connection.refresh({ staleVersion: 1 })
    await connection.refresh({ staleVersion: 1 })
    await connection.refresh()
    return connection.handle
  },
  'connectionWorkflow/revoked': async ({ stack, sandbox }) => {
    const one = await connectX(stack)
    const connection = await startConnection(stack, one)
    await sandbox.revoke('x', one.accountId)
    await connection.validate()
    await connection.handle.signal('changed')
    return connection.handle
  },
  'connectionWorkflow/disconnected': async ({ stack }) => {
    const connection = await startConnection(stack, await connectX(stack))
    await connection.refresh()
    await connection.disconnect()
    await connection.handle.result()
    return connection.handle
  },
  'connectionWorkflow/continued-as-new': async ({ stack }) => {
    const one = await connectX(stack)
    const connection = await startConnection(stack, one, { maxRefreshesPerRun: 1 })
    const { runId } = await connection.handle.describe()
    await connection.refresh()
    const current = async () => (await connection.handle.describe()).runId
    await until(current, (now) => now !== runId)
    return stack.client.workflow.getHandle(connection.handle.workflowId, runId)
  },
  'connectionWorkflow/warned-and-validated': async ({ stack }) => {
    const one = await connectMastodon(stack)
    const connection = await startConnection(stack, one)
    await aged(stack, one, `last_validated_at = now() - interval '2 days'`)
    await connection.handle.signal('changed')
    const seen = ({ validatedAt }: ConnectionState) => (validatedAt ?? 0) > Date.now() - HOUR_MS
    await until(connection.state, seen)
    const longAgo = `issued_at = now() - interval '30 days'`
    await aged(stack, one, `expires_at = now() + interval '20 hours', ${longAgo}`)
    await connection.handle.signal('changed')
    await until(connection.state, ({ warnedDays }) => warnedDays === 1)
    return connection.handle
  },
  'connectionWorkflow/ended': async ({ stack }) => {
    const one = await connectMastodon(stack)
    const connection = await startConnection(stack, one)
    await aged(stack, one, `expires_at = now() + interval '1 second'`)
    await connection.handle.signal('changed')
    await until(connection.state, ({ status }) => status === 'expired')
    return connection.handle
  },
  'rotateKeysWorkflow/rotated': async ({ stack }) => {
    await connectX(stack)
    const start = rotateKeysStart({ settleMs: 0 })
    const handle = await stack.client.workflow.start('rotateKeysWorkflow', start)
    await handle.result()
    return handle
  },
  'sweepWorkflow/swept': async ({ stack }) => {
    const handle = await stack.client.workflow.start('sweepWorkflow', {
      workflowId: 'sweep',
      taskQueue: WORKFLOW_QUEUE,
      args: [{ graceMs: 60_000 }],
    })
    await handle.result()
    return handle
  },
}

export async function recordHistories(): Promise<void> {
  const stack = await startInProcess()
  try {
    const stage = { stack, sandbox: makeSandboxControl(stack.sandbox.url) }
    // What was recorded stays: it is what running workflows of that time look like.
    const missing = Object.entries(SCENARIOS).filter(([name]) => !existsSync(pathOf(name)))
    for (const [name, scenario] of missing) await record(stage, name, scenario)
  } finally {
    await stack.stop()
  }
}

async function record(stage: Stage, name: string, scenario: Scenario): Promise<void> {
  const handle = await scenario(stage)
  const json = JSON.stringify(historyToJson(await handle.fetchHistory()), anonymous, 1)
  const readable = decoded(json)
  const leaked = (await stage.sandbox.secrets()).filter((secret) => readable.includes(secret))
  if (leaked.length > 0) throw new Error(`the history of ${name} holds ${leaked.length} secrets`)
  await mkdir(join(HISTORIES, name, '..'), { recursive: true })
  await writeFile(pathOf(name), `${json}\n`)
}

function pathOf(name: string): string {
  return join(HISTORIES, `${name}.json`)
}

/** Where it was recorded is nobody's business and decides nothing. */
function anonymous(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorder'
  return key === 'stackTrace' ? '' : value
}

/** A history with its payloads, which are base64, in the clear. */
export function decoded(json: string): string {
  return json.replace(/"data": ?"([A-Za-z0-9+/=]+)"/g, (_match, data) =>
    Buffer.from(`${data}`, 'base64').toString('utf8'),
  )
}

/** Makes the row say what time would have made of it. */
async function aged(stack: InProcess, { connectionId }: Connected, set: string): Promise<void> {
  await sql(stack, `update connections set ${set} where id = ?`, [connectionId])
}

function soon(ms: number): Date {
  return new Date(Date.now() + ms)
}
