import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  attempts,
  blueskyTarget,
  command,
  drive,
  edit,
  refusalOf,
  sql,
  type Target,
} from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { acceptedPosts } from '../support/rows.ts'
import { makeSandboxControl, type SandboxControl } from '../support/sandbox-control.ts'

let stack: InProcess
let sandbox: SandboxControl

beforeAll(async () => {
  stack = await startInProcess()
  sandbox = makeSandboxControl(stack.sandbox.url)
})
afterAll(() => stack.stop())

function fault(change: {
  step: string
  fault: string
  account_id?: string
  times?: number | null
  status?: number
}) {
  return sandbox.fault({ platform: 'bluesky', times: 1, ...change })
}

function switchAccount({ connectionId }: Target, isActive: boolean) {
  return sql(stack, 'update connections set is_active = ? where id = ?', [isActive, connectionId])
}

function countOf({ accountId }: Target): Promise<number> {
  return acceptedPosts(stack.sandbox.url, accountId).then((posts) => posts.length)
}

describe('a post that reached a part of its accounts', () => {
  test('is partially published, and a retry sends the rest alone', async () => {
    const [fine, broken] = [await blueskyTarget(stack), await blueskyTarget(stack)]
    await switchAccount(broken, false)
    const post = await drive(stack, { status: 'queued', targets: [fine, broken] })
    const half = await post.reaches('partially_published')
    expect(half.targets).toMatchObject([
      { status: 'published', failureCode: null },
      { status: 'failed', failureCode: 'connection_inactive', retryable: true },
    ])
    await switchAccount(broken, true)
    expect(await command(post, 'retry')).toMatchObject({ status: 'queued' })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect([await countOf(fine), await countOf(broken)]).toEqual([1, 1])
  })
})

describe('a post that the platform refused', () => {
  test('is mended and sent again in a new round of its ledger', async () => {
    const target = await blueskyTarget(stack)
    await fault({ step: 'publish', fault: 'refuse', account_id: target.accountId })
    const post = await drive(stack, { status: 'queued', targets: [target] })
    await post.reaches('failed')
    expect(await refusalOf(command(post, 'retry'))).toMatchObject({ code: 'nothing_to_retry' })
    await edit(stack, post)
    await command(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await attempts(stack, post.postId)).toMatchObject([
      { status: 'rejected', attempt_no: 1, publish_round: 1, confirmed_by: null },
      { status: 'published', attempt_no: 2, publish_round: 2, confirmed_by: 'answer' },
    ])
    expect(await post.accepted()).toHaveLength(1)
  })

  test('may be retried at a later instant', async () => {
    const target = await blueskyTarget(stack)
    await switchAccount(target, false)
    const post = await drive(stack, { status: 'queued', targets: [target] })
    await post.reaches('failed')
    await switchAccount(target, true)
    const at = new Date(Date.now() + 700).toISOString()
    expect(await command(post, 'retry', { at })).toMatchObject({ status: 'scheduled' })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    const [sent] = await post.accepted()
    expect(Date.parse(sent?.accepted_at ?? '')).toBeGreaterThanOrEqual(Date.parse(at))
  })
})

describe('a retry of a part that is cancelled before its time', () => {
  test('leaves what is out as it is', async () => {
    const [fine, broken] = [await blueskyTarget(stack), await blueskyTarget(stack)]
    await switchAccount(broken, false)
    const post = await drive(stack, { status: 'queued', targets: [fine, broken] })
    await post.reaches('partially_published')
    await command(post, 'retry', { at: new Date(Date.now() + 3_600_000).toISOString() })
    await command(post, 'cancel')
    await post.reaches('partially_published')
    const { targets } = await post.row()
    expect(targets).toMatchObject([{ status: 'published' }, { status: 'cancelled' }])
  })
})

describe('a post whose fate is unknown', () => {
  /** The answer is lost and the platform does not let us look. */
  async function unconfirmed(lost: 'drop_after_accept' | 'drop_before') {
    const target = await blueskyTarget(stack)
    await fault({ step: 'publish', fault: lost, account_id: target.accountId })
    const lookup = await fault({ step: 'lookup', fault: 'status', times: null })
    const post = await drive(stack, { status: 'queued', targets: [target] })
    const { targets } = await post.reaches('unconfirmed')
    return { post, lookup, targetId: targets[0]?.id ?? '' }
  }

  test('is resolved by a person who found it', async () => {
    const { post, lookup, targetId } = await unconfirmed('drop_after_accept')
    const [there] = await post.accepted()
    const wrong = command(post, 'resolve', { targetId: post.postId, as: 'not_published' })
    expect(await refusalOf(wrong)).toMatchObject({ code: 'target_not_unconfirmed' })
    const platformPostId = there?.platform_post_id
    await command(post, 'resolve', { targetId, as: 'published', platformPostId })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await attempts(stack, post.postId)).toMatchObject([
      { status: 'published', confirmed_by: 'person' },
    ])
    expect(await post.accepted()).toHaveLength(1)
    await sandbox.removeFault(lookup)
  })

  test('is resolved by a person who did not find it, and sent when they say so', async () => {
    const { post, lookup, targetId } = await unconfirmed('drop_before')
    await command(post, 'resolve', { targetId, as: 'not_published' })
    expect(await post.row()).toMatchObject({
      status: 'failed',
      targets: [{ failureCode: 'not_published', retryable: true }],
    })
    await sandbox.removeFault(lookup)
    await command(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await attempts(stack, post.postId)).toMatchObject([
      { status: 'not_published', publish_round: 1 },
      { status: 'published', publish_round: 2 },
    ])
    expect(await post.accepted()).toHaveLength(1)
  })

  test('is found by itself once the platform lets us look again', async () => {
    const { post, lookup } = await unconfirmed('drop_after_accept')
    await sandbox.removeFault(lookup)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await attempts(stack, post.postId)).toMatchObject([
      { status: 'published', confirmed_by: 'lookup', failure_code: expect.any(String) },
    ])
    expect(await post.accepted()).toHaveLength(1)
  })
})

describe('an account that the platform closes to us', () => {
  test('is told once by a fresh token, and stops the next post before it is sent', async () => {
    const target = await blueskyTarget(stack)
    await fault({
      step: 'publish',
      fault: 'status',
      account_id: target.accountId,
      times: null,
      status: 401,
    })
    const post = await drive(stack, { status: 'queued', targets: [target] })
    const { targets } = await post.reaches('failed')
    expect(targets).toMatchObject([{ failureCode: 'needs_reconnect', retryable: true }])
    const [connection] = await sql(
      stack,
      'select status, last_error from connections where id = ?',
      [target.connectionId],
    )
    expect(connection).toMatchObject({ status: 'revoked' })
    const calls = await sandbox.calls({ platform: 'bluesky', step: 'publish' })
    const mine = calls.filter((call) => call.account_id === target.accountId)
    expect(mine).toHaveLength(2)
    const next = await drive(stack, { status: 'queued', targets: [target] })
    expect((await next.reaches('failed')).targets).toMatchObject([
      { failureCode: 'needs_reconnect' },
    ])
    expect(await sandbox.calls({ platform: 'bluesky', step: 'publish' })).toHaveLength(calls.length)
  })
})
