import { describe, expect, test } from '@jest/globals'
import {
  aPost,
  aTarget,
  commanded,
  ended,
  HOUR_MS,
  happened,
  NOW,
} from '../test/support/post-states.ts'
import type { TargetStatus } from './post-state.ts'
import { heldReason, settle } from './post-state.ts'

const queued = commanded(aPost(), { type: 'publish' })

describe('events', () => {
  test('a due post begins, its target starts and is published', () => {
    const scheduled = commanded(aPost(), { type: 'schedule', at: NOW + HOUR_MS })
    const begun = happened(scheduled, { type: 'began' })
    expect(begun).toMatchObject({ status: 'queued', targets: [{ status: 'queued' }] })
    const started = happened(begun, { type: 'target_started', targetId: 't0' })
    expect(started.targets).toMatchObject([{ status: 'publishing' }])
    expect(happened(started, ended('t0', 'published'))).toMatchObject({
      status: 'published',
      targets: [{ status: 'published', failureCode: null }],
    })
  })

  test('an unapproved post does not begin', () => {
    const held = commanded(aPost({ approvalRequired: true }), {
      type: 'schedule',
      at: NOW + HOUR_MS,
    })
    expect(happened(held, { type: 'began' })).toBe(held)
  })

  test('an unconfirmed target is found later, or proved absent and queued again', () => {
    const unknown = happened(queued, ended('t0', 'unconfirmed'))
    expect(unknown.status).toBe('unconfirmed')
    expect(happened(unknown, ended('t0', 'published')).status).toBe('published')
    expect(happened(unknown, ended('t0', 'requeued')).status).toBe('queued')
  })

  test('an event that comes twice or late changes nothing', () => {
    const done = happened(queued, ended('t0', 'published'))
    expect(happened(done, ended('t0', 'failed'), ended('t0', 'published'))).toEqual(done)
    const cancelled = commanded(aPost(), { type: 'cancel' })
    expect(happened(cancelled, ended('t0', 'published'))).toBe(cancelled)
    expect(happened(queued, ended('unknown', 'published'))).toEqual(queued)
  })

  test.each(['published', 'failed', 'cancelled', 'unconfirmed'] as const)(
    'a target that is %s does not start, and the state says so by being the same',
    (status) => {
      const targets = [aTarget({ id: 't0', status }), aTarget({ id: 't1', status: 'queued' })]
      const post = { ...queued, targets }
      expect(happened(post, { type: 'target_started', targetId: 't0' })).toBe(post)
      expect(happened(post, { type: 'target_started', targetId: 'unknown' })).toBe(post)
    },
  )

  test('a hold that expires names what the post waited for', () => {
    const scheduled = commanded(aPost(), { type: 'schedule', at: NOW + HOUR_MS })
    const expired = happened(scheduled, { type: 'hold_expired' })
    expect(expired).toMatchObject({ status: 'failed', targets: [{ failureCode: 'too_late' }] })
  })
})

describe('a post is what its targets add up to', () => {
  test.each<[TargetStatus[], string]>([
    [['published', 'published'], 'published'],
    [['published', 'failed'], 'partially_published'],
    [['failed', 'failed'], 'failed'],
    [['published', 'unconfirmed'], 'unconfirmed'],
    [['publishing', 'unconfirmed'], 'queued'],
    [['published', 'queued'], 'queued'],
    [['published', 'cancelled'], 'partially_published'],
  ])('%p → %s', (statuses, expected) => {
    expect(settle(statuses.map((status) => aTarget({ status })))).toBe(expected)
  })
})

describe('a due post is held', () => {
  const due = { ...commanded(aPost(), { type: 'schedule', at: NOW + 1 }), scheduledAt: NOW }
  const needy = { ...due, approvalRequired: true }

  test.each([
    ['on time', due, 0, undefined],
    ['late, but not too late', due, 6 * HOUR_MS, undefined],
    ['too late', due, 6 * HOUR_MS + 1, 'too_late'],
    [
      'within the minute though late posts are held',
      { ...due, latenessPolicy: 'hold' },
      60_000,
      undefined,
    ],
    ['late where late posts are held', { ...due, latenessPolicy: 'hold' }, 60_001, 'too_late'],
    ['without approval', { ...needy, approvalStatus: 'pending' }, 0, 'awaiting_approval'],
    ['rejected', { ...needy, approvalStatus: 'rejected' }, 0, 'rejected'],
    ['approved', { ...needy, approvalStatus: 'approved' }, 0, undefined],
  ] as const)('%s', (_name, post, lateMs, expected) => {
    expect(heldReason(post, NOW + lateMs)).toBe(expected)
  })
})
