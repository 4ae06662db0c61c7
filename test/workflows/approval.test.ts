import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { attentionOf, command, type Driven, drive, edit, refusalOf, sql } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import { until } from '../support/rows.ts'

let stack: InProcess

beforeAll(async () => {
  stack = await startInProcess()
})
afterAll(() => stack.stop())

function needsApproval(change: object = {}) {
  return drive(stack, { approvalRequired: true, ...change })
}

/** Scheduled, due in a moment, and approved by nobody yet. */
function dueSoon(change: object = {}) {
  const scheduledAt = new Date(Date.now() + 300)
  return needsApproval({ status: 'scheduled', approvalStatus: 'pending', scheduledAt, ...change })
}

function held(post: Driven, code: string) {
  return until(
    () => attentionOf(stack, post.postId),
    (attention) => attention === code,
  )
}

function approve(post: Driven, actorId = stack.approverId) {
  return command(post, 'approve', { actorId })
}

describe('approval', () => {
  test('is asked for, refused to the author, given by a colleague, and then the post goes out', async () => {
    const post = await needsApproval()
    await command(post, 'submit', { actorId: stack.authorId })
    expect(await refusalOf(approve(post, stack.authorId))).toMatchObject({ code: 'self_approval' })
    expect(await refusalOf(command(post, 'publish'))).toMatchObject({ code: 'approval_required' })
    expect(await approve(post)).toMatchObject({ status: 'draft', approvalStatus: 'approved' })
    await command(post, 'publish')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    const history = `select decision, by_user_id from post_approvals where post_id = ? order by at`
    expect(await sql(stack, history, [post.postId])).toEqual([
      { decision: 'requested', by_user_id: stack.authorId },
      { decision: 'approved', by_user_id: stack.approverId },
    ])
  })

  test('may be the author’s own where the tenant allows it', async () => {
    const allow = 'update tenants set allow_self_approval = ?'
    await sql(stack, allow, [true])
    const post = await needsApproval({ approvalStatus: 'pending' })
    await sql(stack, allow, [false])
    // The rule as it is now decides, not the one the workflow was started with.
    expect(await refusalOf(approve(post, stack.authorId))).toMatchObject({ code: 'self_approval' })
    await sql(stack, allow, [true])
    expect(await approve(post, stack.authorId)).toMatchObject({ approvalStatus: 'approved' })
    await sql(stack, allow, [false])
  })

  test('that is refused keeps the post back until it is asked for again', async () => {
    const post = await needsApproval({ approvalStatus: 'pending' })
    await command(post, 'reject', { actorId: stack.approverId })
    const refusal = await refusalOf(command(post, 'publish'))
    expect(refusal).toMatchObject({ code: 'approval_required', currentStatus: 'draft' })
    expect(refusal.allowedActions).toContain('submit')
    await command(post, 'submit')
    await approve(post)
    expect(await command(post, 'publish')).toMatchObject({ status: 'queued' })
    await post.handle.result()
  })

  test('is void after an edit', async () => {
    const post = await needsApproval({ approvalStatus: 'pending' })
    await approve(post)
    await edit(stack, post)
    expect(await refusalOf(command(post, 'publish'))).toMatchObject({ code: 'approval_required' })
    expect(await post.row()).toMatchObject({ approvalStatus: 'pending' })
  })

  test('by an operator whom nobody knows is recorded by the word', async () => {
    const post = await needsApproval({ approvalStatus: 'pending' })
    const stranger = '00000000-0000-4000-8000-000000000001'
    expect(await approve(post, stranger)).toMatchObject({ approvalStatus: 'approved' })
    const history = 'select by_user_id, actor from post_approvals where post_id = ?'
    const rows = await sql(stack, history, [post.postId])
    expect(rows).toEqual([{ by_user_id: null, actor: stranger }])
  })
})

describe('a post that is due without approval', () => {
  test('is held, and sent when the approval comes late', async () => {
    const post = await dueSoon()
    await held(post, 'awaiting_approval')
    expect(await post.row()).toMatchObject({ status: 'scheduled' })
    expect(await post.accepted()).toEqual([])
    await approve(post)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await post.accepted()).toHaveLength(1)
  })

  test('stays held where late posts are not sent, until a person publishes it', async () => {
    await sql(stack, `update tenants set lateness_policy = 'hold'`)
    const post = await dueSoon({ scheduledAt: new Date(Date.now() - 120_000) })
    await held(post, 'awaiting_approval')
    await approve(post)
    await held(post, 'too_late')
    await sql(stack, `update tenants set lateness_policy = 'publish'`)
    expect(await post.accepted()).toEqual([])
    await command(post, 'publish')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await post.accepted()).toHaveLength(1)
  })

  test('is not sent when it is rejected after it was staged', async () => {
    const scheduledAt = new Date(Date.now() + 1_200)
    const post = await dueSoon({ approvalStatus: 'approved', scheduledAt })
    await post.isStaged()
    await command(post, 'reject', { actorId: stack.approverId })
    await held(post, 'rejected')
    expect(await post.accepted()).toEqual([])
    expect(await post.row()).toMatchObject({ status: 'scheduled', approvalStatus: 'rejected' })
  })

  test('asks for approval again when it is given another time', async () => {
    const post = await dueSoon({ scheduledAt: new Date(Date.now() + 3_600_000) })
    await approve(post)
    const at = new Date(Date.now() + 7_200_000).toISOString()
    const moved = await command(post, 'reschedule', { at })
    expect(moved).toMatchObject({ approvalStatus: 'pending', scheduledAt: at })
  })
})
