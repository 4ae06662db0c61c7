import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makePostRows } from '../../activities/post-rows.ts'
import { attentionOf, blueskyTarget, command, drive, refusalOf, sql } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { until } from '../support/rows.ts'

let stack: InProcess

beforeAll(async () => {
  stack = await startInProcess()
})
afterAll(() => stack.stop())

const HOUR_MS = 3_600_000

function scheduledIn(ms: number) {
  const scheduledAt = new Date(Date.now() + ms)
  return drive(stack, { status: 'scheduled', scheduledAt })
}

function instantIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}

describe('a scheduled post', () => {
  test('that is staged and moved later is sent at the new instant, once', async () => {
    const post = await scheduledIn(1_000)
    await post.isStaged()
    const at = instantIn(2_000)
    expect(await command(post, 'reschedule', { at })).toMatchObject({ scheduledAt: at })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    const sent = await post.accepted()
    expect(sent).toHaveLength(1)
    expect(Date.parse(sent[0]?.accepted_at ?? '')).toBeGreaterThanOrEqual(Date.parse(at))
  })

  test('that is moved earlier is sent then', async () => {
    const post = await scheduledIn(HOUR_MS)
    const at = instantIn(500)
    await command(post, 'reschedule', { at })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    const [sent] = await post.accepted()
    expect(Date.parse(sent?.accepted_at ?? '')).toBeGreaterThanOrEqual(Date.parse(at))
  })

  test('is a draft again after unschedule, though it was staged', async () => {
    const post = await scheduledIn(1_000)
    await post.isStaged()
    expect(await command(post, 'unschedule')).toMatchObject({ status: 'draft', scheduledAt: null })
    await post.isStaged(false)
    expect(await post.accepted()).toEqual([])
    await command(post, 'schedule', { at: instantIn(300) })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await post.accepted()).toHaveLength(1)
  })

  test('is sent at once by publish', async () => {
    const post = await scheduledIn(HOUR_MS)
    expect(await command(post, 'publish')).toMatchObject({ status: 'queued' })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await post.accepted()).toHaveLength(1)
  })

  test('that was staged for a switched-off account and moved is not failed at the old instant', async () => {
    const post = await scheduledIn(1_000)
    const switchAccount = `update connections set is_active = ? where id in
      (select connection_id from post_targets where post_id = ?)`
    await sql(stack, switchAccount, [false, post.postId])
    await post.isStaged()
    await command(post, 'reschedule', { at: instantIn(HOUR_MS) })
    await post.isStaged(false)
    expect(await post.row()).toMatchObject({
      status: 'scheduled',
      targets: [{ status: 'pending', failureCode: null }],
    })
  })

  test('that had to wait until it was too late is held, not sent', async () => {
    const rules = 'update tenants set max_lateness_seconds = ?, lateness_policy = ?'
    await sql(stack, rules, [0, 'hold'])
    const target = await blueskyTarget(stack)
    const scheduledAt = new Date(Date.now() + 500)
    const limited = 'update connections set rate_limited_until = ? where id = ?'
    await sql(stack, limited, [new Date(scheduledAt.getTime() + 500), target.connectionId])
    const post = await drive(stack, { status: 'scheduled', scheduledAt, targets: [target] })
    await until(
      () => attentionOf(stack, post.postId),
      (code) => code === 'too_late',
    )
    expect(await post.accepted()).toEqual([])
    await sql(stack, rules, [21_600, 'publish'])
  })
})

describe('a refusal', () => {
  test('says the state and what it would allow, and leaves nothing in the history', async () => {
    const post = await scheduledIn(HOUR_MS)
    await post.handle.query('state')
    const before = await historyLength(post)
    const refusal = await refusalOf(command(post, 'retry'))
    expect(refusal).toMatchObject({ code: 'illegal_transition', currentStatus: 'scheduled' })
    expect(refusal.allowedActions).toEqual(expect.arrayContaining(['reschedule', 'cancel']))
    expect(await refusalOf(command(post, 'reschedule', { at: instantIn(-1) }))).toMatchObject({
      code: 'scheduled_at_past',
    })
    expect(await refusalOf(command(post, 'reschedule', { at: 'soon' }))).toMatchObject({
      code: 'validation_failed',
    })
    expect(await historyLength(post)).toBe(before)
  })

  test('tells a caller who has read an older revision', async () => {
    const post = await scheduledIn(HOUR_MS)
    const { revision } = await post.row()
    await command(post, 'reschedule', { at: instantIn(2 * HOUR_MS), expectedRevision: revision })
    const stale = command(post, 'cancel', { expectedRevision: revision })
    expect(await refusalOf(stale)).toMatchObject({ code: 'precondition_failed' })
  })
})

describe('a decision', () => {
  test('that is delivered twice is made once', async () => {
    const post = await scheduledIn(HOUR_MS)
    const { applyPostCommand } = makePostRows(stack.deps)
    const request = {
      tenantId: stack.tenantId,
      postId: post.postId,
      transitionId: randomUUID(),
      command: { type: 'reschedule' as const, at: Date.now() + 2 * HOUR_MS },
      actorId: null,
    }
    const answers = await Promise.all([applyPostCommand(request), applyPostCommand(request)])
    expect(answers.map((answer) => answer.ok)).toEqual([true, true])
    expect(await post.row()).toMatchObject({ revision: 2 })
    const events = 'select type from post_events where post_id = ? and transition_id = ?'
    const rows = await sql(stack, events, [post.postId, request.transitionId])
    expect(rows).toEqual([{ type: 'reschedule' }])
  })
})

async function historyLength({
  handle,
}: {
  handle: { describe(): Promise<{ historyLength: number }> }
}) {
  return (await handle.describe()).historyLength
}
