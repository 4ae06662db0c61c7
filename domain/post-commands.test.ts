import { describe, expect, test } from '@jest/globals'
import {
  AUTHOR,
  aPost,
  aTarget,
  COLLEAGUE,
  commanded,
  ended,
  HOUR_MS,
  happened,
  NOW,
} from '../test/support/post-states.ts'
import type { PostCommand } from './post-commands.ts'
import { allowedActions, decide } from './post-commands.ts'

const AT = NOW + HOUR_MS
const SCHEDULE = { type: 'schedule', at: AT } as const
const APPROVE = { type: 'approve', actorId: COLLEAGUE } as const

function refusalOf(post: Parameters<typeof decide>[0], command: PostCommand) {
  const decision = decide(post, command, NOW)
  return decision.ok ? 'accepted' : decision.code
}

describe('a post that needs no approval', () => {
  test('is scheduled, moved and taken back', () => {
    const scheduled = commanded(aPost(), SCHEDULE)
    expect(scheduled).toMatchObject({ status: 'scheduled', scheduledAt: AT, revision: 2 })
    const moved = commanded(scheduled, { type: 'reschedule', at: AT + HOUR_MS })
    expect(moved).toMatchObject({ status: 'scheduled', scheduledAt: AT + HOUR_MS, revision: 3 })
    const draft = commanded(moved, { type: 'unschedule' })
    expect(draft).toMatchObject({ status: 'draft', scheduledAt: null, revision: 4 })
  })

  test('is queued by publish, with every target', () => {
    const queued = commanded(aPost(), { type: 'publish' })
    expect(queued).toMatchObject({ status: 'queued', targets: [{ status: 'queued' }] })
  })

  test('cannot be submitted', () => {
    expect(refusalOf(aPost(), { type: 'submit' })).toBe('approval_not_required')
  })

  test.each([NOW, NOW - 1, Number.NaN])('is not scheduled for %p, which is not ahead', (at) => {
    expect(refusalOf(aPost(), { type: 'schedule', at })).toBe('scheduled_at_past')
  })
})

describe('approval', () => {
  const draft = aPost({ approvalRequired: true })

  test('is asked for by scheduling, and given by somebody else', () => {
    const waiting = commanded(draft, SCHEDULE)
    expect(waiting).toMatchObject({ status: 'scheduled', approvalStatus: 'pending' })
    expect(refusalOf(waiting, { type: 'approve', actorId: AUTHOR })).toBe('self_approval')
    expect(commanded(waiting, APPROVE)).toMatchObject({ approvalStatus: 'approved' })
  })

  test('may be the author’s own where the tenant allows it', () => {
    const waiting = commanded({ ...draft, allowSelfApproval: true }, { type: 'submit' })
    const approved = commanded(waiting, { type: 'approve', actorId: AUTHOR })
    expect(approved.approvalStatus).toBe('approved')
  })

  test('keeps a post from being published until it is given', () => {
    expect(refusalOf(draft, { type: 'publish' })).toBe('approval_required')
    const approved = commanded(draft, { type: 'submit' }, APPROVE)
    expect(commanded(approved, { type: 'publish' }).status).toBe('queued')
  })

  test('survives being scheduled, and the same time given again', () => {
    const approved = commanded(draft, { type: 'submit' }, APPROVE, SCHEDULE)
    expect(approved.approvalStatus).toBe('approved')
    const same = commanded(approved, { type: 'reschedule', at: AT })
    expect(same.approvalStatus).toBe('approved')
  })

  test.each<PostCommand>([
    { type: 'edit' },
    { type: 'reschedule', at: AT + 1 },
    { type: 'unschedule' },
  ])('is asked for again after $type', (command) => {
    const approved = commanded(draft, SCHEDULE, APPROVE)
    expect(commanded(approved, command).approvalStatus).toBe('pending')
  })

  test('is refused by reject, and asked for again by submit', () => {
    const rejected = commanded(draft, { type: 'submit' }, { type: 'reject', actorId: COLLEAGUE })
    expect(rejected.approvalStatus).toBe('rejected')
    expect(refusalOf(rejected, APPROVE)).toBe('approval_not_pending')
    expect(commanded(rejected, { type: 'submit' }).approvalStatus).toBe('pending')
  })

  test('tells why it cannot be asked for', () => {
    const pending = commanded(draft, { type: 'submit' })
    expect(refusalOf(pending, { type: 'submit' })).toBe('approval_already_pending')
    expect(refusalOf(commanded(pending, APPROVE), { type: 'submit' })).toBe('already_approved')
    expect(refusalOf(draft, APPROVE)).toBe('approval_not_pending')
  })

  test('can be had by a post that failed unapproved, so that it is no dead end', () => {
    const held = commanded(draft, SCHEDULE)
    const failed = happened(held, { type: 'hold_expired' })
    expect(failed).toMatchObject({
      status: 'failed',
      targets: [{ failureCode: 'not_approved_in_time', retryable: true }],
    })
    expect(refusalOf(failed, { type: 'retry' })).toBe('approval_required')
    expect(commanded(failed, APPROVE, { type: 'retry' }).status).toBe('queued')
  })

  test('can be had again by a failed post that was mended', () => {
    const queued = commanded(draft, { type: 'submit' }, APPROVE, { type: 'publish' })
    const failed = happened(queued, ended('t0', 'failed'))
    const mended = commanded(failed, { type: 'edit' })
    expect(mended.approvalStatus).toBe('pending')
    expect(commanded(mended, APPROVE, { type: 'retry' }).status).toBe('queued')
  })
})

describe('after publishing', () => {
  const two = aPost({ targets: [aTarget(), aTarget({ id: 't1' })] })
  const queued = commanded(two, { type: 'publish' })
  const half = happened(queued, ended('t0', 'published'), ended('t1', 'failed'))

  test('a retry takes up the failed targets only', () => {
    expect(half.status).toBe('partially_published')
    expect(commanded(half, { type: 'retry' })).toMatchObject({
      status: 'queued',
      targets: [{ status: 'published' }, { status: 'queued', failureCode: null }],
    })
  })

  test('a retry may be for later, and be withdrawn without touching what is out', () => {
    const later = commanded(half, { type: 'retry', at: AT })
    expect(later).toMatchObject({ status: 'scheduled', scheduledAt: AT })
    expect(commanded(later, { type: 'cancel' })).toMatchObject({
      status: 'partially_published',
      targets: [{ status: 'published' }, { status: 'cancelled' }],
    })
    expect(refusalOf(later, { type: 'unschedule' })).toBe('illegal_transition')
    expect(refusalOf(half, { type: 'retry', at: NOW })).toBe('scheduled_at_past')
  })

  test('a retry of nothing is refused', () => {
    expect(refusalOf(half, { type: 'retry', targetIds: ['t0'] })).toBe('nothing_to_retry')
  })

  test('what the platform refused for good is retried only after an edit', () => {
    const result = { outcome: 'failed' as const, code: 'rejected', retryable: false }
    const one = commanded(aPost(), { type: 'publish' })
    const failed = happened(one, { type: 'target_ended', targetId: 't0', result })
    expect(refusalOf(failed, { type: 'retry' })).toBe('nothing_to_retry')
    expect(commanded(failed, { type: 'edit' }, { type: 'retry' }).status).toBe('queued')
  })

  test.each(['cancel', 'unschedule', 'edit', 'publish'] as const)(
    '%s comes too late for a post that is being published',
    (type) => expect(refusalOf(queued, { type })).toBe('illegal_transition'),
  )

  test('a person resolves what nobody can know', () => {
    const unknown = happened(queued, ended('t0', 'published'), ended('t1', 'unconfirmed'))
    expect(unknown.status).toBe('unconfirmed')
    const resolve = { type: 'resolve', targetId: 't1' } as const
    const there = commanded(unknown, { ...resolve, as: 'published', platformPostId: 'p1' })
    expect(there.status).toBe('published')
    const absent = commanded(unknown, { ...resolve, as: 'not_published' })
    expect(absent).toMatchObject({
      status: 'partially_published',
      targets: [{}, { failureCode: 'not_published', retryable: true }],
    })
    expect(refusalOf(unknown, { ...resolve, targetId: 't0', as: 'not_published' })).toBe(
      'target_not_unconfirmed',
    )
  })
})

test('the allowed actions of a scheduled post that waits for approval', () => {
  const waiting = commanded(aPost({ approvalRequired: true }), SCHEDULE)
  expect(allowedActions(waiting, NOW)).toEqual([
    'edit',
    'approve',
    'reject',
    'reschedule',
    'unschedule',
    'cancel',
  ])
})
