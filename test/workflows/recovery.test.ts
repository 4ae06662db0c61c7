import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { SweepResult } from '../../activities/types.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import { type Relay, startRelay } from '../../worker/outbox-relay.ts'
import { ensureSweep, SWEEP_SCHEDULE } from '../../worker/sweep-schedule.ts'
import { makeTemporalCalls } from '../../worker/temporal-calls.ts'
import { connectionWorkflowId, postWorkflowId, WORKFLOW_QUEUE } from '../../workflows/contract.ts'
import { connectX, dueNow, stateOf } from '../support/connections.ts'
import { blueskyTarget, sql, type Target } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { acceptedPosts, insertPost, readPost, until } from '../support/rows.ts'

let stack: InProcess
let target: Target
let relay: Relay | undefined
let calls: ReturnType<typeof makeTemporalCalls>

beforeAll(async () => {
  stack = await startInProcess()
  calls = makeTemporalCalls(stack.client, stack.deps)
  target = await blueskyTarget(stack)
})
afterEach(async () => {
  await relay?.stop()
  relay = undefined
})
afterAll(() => stack.stop())

function runRelay(change: Partial<Parameters<typeof startRelay>[0]> = {}): void {
  const { db, log } = stack.deps
  const onRelayed = () => undefined
  const { start, poke } = calls
  relay = startRelay({ db, start, poke, log, onRelayed, everyMs: 50, ...change })
}

/** What a killed API leaves behind: the row and its outbox message, and no workflow. */
function leavePost(content: string, status: 'queued' | 'scheduled' = 'queued') {
  const scheduledAt = status === 'scheduled' ? new Date(Date.now() + 500) : undefined
  return insertPost(stack, { content, targets: [target], status, scheduledAt })
}

async function sentTimes(content: string): Promise<number> {
  const accepted = await acceptedPosts(stack.sandbox.url, target.accountId)
  return accepted.filter(({ text }) => text === content).length
}

async function published(postId: string): Promise<void> {
  await until(
    () => readPost(stack, postId),
    (post) => post.status === 'published',
  )
}

function outbox(aggregateId: string) {
  const statement = `select processed_at is not null as done, attempts, last_error
    from outbox where aggregate_id = ?`
  return stack.db.asSystem((em) =>
    em.execute<{ done: boolean; attempts: number; last_error: string | null }[]>(statement, [
      aggregateId,
    ]),
  )
}

describe('the relay', () => {
  test('starts what the API left when it was killed', async () => {
    const postId = await leavePost('left by the API')
    expect(await stack.deps.workflowStatus('post', stack.tenantId, postId)).toBe('missing')
    runRelay()
    await published(postId)
    expect(await sentTimes('left by the API')).toBe(1)
    const [message] = await until(
      () => outbox(postId),
      ([row]) => row?.done === true,
    )
    expect(message).toMatchObject({ attempts: 1, last_error: null })
  })

  test('repeats a start that failed until it is done, and keeps the reason meanwhile', async () => {
    const postId = await leavePost('start failed')
    let fails = 1
    const start: typeof calls.start = async (kind, tenantId, id) => {
      if (fails-- > 0) throw new Error('Temporal is away')
      await calls.start(kind, tenantId, id)
    }
    runRelay({ start })
    await until(
      () => outbox(postId),
      ([row]) => row?.last_error === 'Temporal is away',
    )
    await published(postId)
    expect(
      await until(
        () => outbox(postId),
        ([row]) => row?.done === true,
      ),
    ).toMatchObject([{ attempts: 2 }])
    expect(await sentTimes('start failed')).toBe(1)
  })

  test('delivers twice without harm', async () => {
    const postId = await leavePost('told twice', 'scheduled')
    const { tenantId } = stack
    await stack.db.withTenant(tenantId, async (em) => {
      await enqueue(em, { tenantId, kind: 'post_start', aggregateId: postId })
      await enqueue(em, { tenantId, kind: 'post_changed', aggregateId: postId })
    })
    runRelay()
    await published(postId)
    expect(await sentTimes('told twice')).toBe(1)
  })

  test('of two, each delivers a message once', async () => {
    const told: string[] = []
    const start: typeof calls.start = async (_kind, _tenantId, id) => {
      told.push(id)
    }
    const ids = await Promise.all(Array.from({ length: 20 }, () => leavePost('counted')))
    runRelay({ start })
    const { db, poke, log } = stack.deps
    const onRelayed = () => undefined
    const second = startRelay({ db, start, poke, log, onRelayed, everyMs: 50 })
    await until(
      async () => (await Promise.all(ids.map(outbox))).flat(),
      (rows) => rows.every(({ done }) => done),
    )
    await second.stop()
    expect(told.filter((id) => ids.includes(id)).sort()).toEqual([...ids].sort())
    await sql(stack, `update posts set deleted_at = now() where content = 'counted'`)
  })

  test('starts a connection’s workflow, which then refreshes', async () => {
    const one = await connectX(stack)
    const { tenantId } = stack
    await dueNow(stack, one)
    await stack.db.withTenant(tenantId, (em) =>
      enqueue(em, { tenantId, kind: 'connection_start', aggregateId: one.connectionId }),
    )
    runRelay()
    await until(
      () => stateOf(stack, one),
      ({ tokenVersion }) => tokenVersion === 2,
    )
    const id = connectionWorkflowId(tenantId, one.connectionId)
    await stack.client.workflow.getHandle(id).terminate()
  })
})

describe('the sweep', () => {
  async function sweep(): Promise<SweepResult> {
    return stack.client.workflow.execute('sweepWorkflow', {
      workflowId: `sweep-${Math.random()}`,
      taskQueue: WORKFLOW_QUEUE,
      args: [{ graceMs: 0 }],
    })
  }

  /** Nothing in the outbox, nothing running that should not be. */
  async function forget(): Promise<void> {
    await stack.db.asSystem((em) => em.execute('update outbox set processed_at = now()'))
    await sql(stack, `update connections set status = 'expired' where platform = 'x'`)
    await sql(stack, 'update connections set next_refresh_at = null')
  }

  test('finds a row that nobody drives, wakes it, and has nothing to say afterwards', async () => {
    const postId = await leavePost('forgotten')
    await forget()
    const bluesky = `update connections set next_refresh_at = now() + interval '1 hour'
      where platform = 'bluesky'`
    await sql(stack, bluesky)
    const first = await sweep()
    expect(first).toMatchObject({ checked: 1, disagreements: 1, poked: 1 })
    await published(postId)
    expect(await sentTimes('forgotten')).toBe(1)
    expect(await sweep()).toMatchObject({ disagreements: 0 })
    const results = 'select disagreements from sweep_results order by at'
    const rows = await stack.db.asSystem((em) => em.execute(results))
    expect(rows).toEqual([{ disagreements: 1 }, { disagreements: 0 }])
  })

  test('counts messages that nobody delivered', async () => {
    const postId = await leavePost('undelivered')
    await calls.start('post', stack.tenantId, postId)
    await published(postId)
    expect(await sweep()).toMatchObject({ disagreements: 1, poked: 0 })
    await forget()
  })

  test('leaves a driven post and a draft alone', async () => {
    const scheduledAt = new Date(Date.now() + 300_000)
    const later = {
      content: 'driven',
      targets: [target],
      status: 'scheduled' as const,
      scheduledAt,
    }
    const postId = await insertPost(stack, later)
    await insertPost(stack, { content: 'draft', targets: [target] })
    await forget()
    await calls.start('post', stack.tenantId, postId)
    const bluesky = `update connections set next_refresh_at = now() + interval '1 hour'`
    await sql(stack, bluesky)
    expect(await sweep()).toMatchObject({ checked: 1, disagreements: 0, poked: 0 })
    await stack.client.workflow.getHandle(postWorkflowId(stack.tenantId, postId)).terminate()
  })

  test('wakes a connection whose workflow was lost', async () => {
    const one = await connectX(stack)
    await dueNow(stack, one)
    const { disagreements } = await sweep()
    expect(disagreements).toBeGreaterThanOrEqual(1)
    await until(
      () => stateOf(stack, one),
      ({ tokenVersion }) => tokenVersion === 2,
    )
  })

  test('is scheduled once, however many workers start', async () => {
    await ensureSweep(stack.client, 3_600_000)
    await ensureSweep(stack.client, 7_200_000)
    const { spec } = await stack.client.schedule.getHandle(SWEEP_SCHEDULE).describe()
    expect(spec.intervals).toMatchObject([{ every: 7_200_000 }])
  })
})
