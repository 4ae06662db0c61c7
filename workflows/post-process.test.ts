import { describe, expect, test } from '@jest/globals'
import type { PostState } from '../domain/post-state.ts'
import {
  aPost,
  aTarget,
  commanded,
  ended,
  HOUR_MS,
  happened,
  NOW,
} from '../test/support/post-states.ts'
import { PostProcess } from './post-process.ts'

const DAY_MS = 24 * HOUR_MS
const DUE = NOW + 24 * HOUR_MS

const scheduled = commanded(aPost(), { type: 'schedule', at: DUE })
const unapproved = commanded(aPost({ approvalRequired: true }), { type: 'schedule', at: DUE })
const queued = commanded(aPost(), { type: 'publish' })

function processOf(state: PostState): PostProcess {
  return new PostProcess('post-1', state, NOW)
}

/** What a later write of the row looks like. */
function later(state: PostState, change: Partial<PostState> = {}): PostState {
  return { ...state, seq: state.seq + 1, ...change }
}

function steps(post: PostProcess, nowMs: number): string[] {
  return post.nextSteps(nowMs).map((step) => step.do)
}

describe('a scheduled post', () => {
  test('is staged ahead of its instant, by 5 to 45 seconds that its id decides', () => {
    const post = processOf(scheduled)
    expect(post.leadMs).toBeGreaterThanOrEqual(5_000)
    expect(post.leadMs).toBeLessThanOrEqual(45_000)
    expect(processOf(scheduled).leadMs).toBe(post.leadMs)
    expect(new PostProcess('post-2', scheduled, NOW).leadMs).not.toBe(post.leadMs)
  })

  test('does nothing until then, and wakes then', () => {
    const post = processOf(scheduled)
    const stageAt = DUE - post.leadMs
    expect(post.nextSteps(stageAt - 1)).toEqual([])
    expect(post.wakeAt(stageAt - 1)).toBe(stageAt)
    expect(post.nextSteps(stageAt)).toEqual([
      { do: 'publish', target: scheduled.targets[0], revision: scheduled.revision },
    ])
    expect(post.wakeAt(stageAt)).toBeUndefined()
  })

  test('publishes each target once, all at the same time', () => {
    const two = { ...scheduled, targets: [aTarget(), aTarget({ id: 't1' })] }
    const post = processOf(two)
    expect(steps(post, DUE)).toEqual(['publish', 'publish'])
    post.begin('t0', two.revision)
    post.begin('t1', two.revision)
    expect(steps(post, DUE)).toEqual([])
  })

  test('is staged anew for a later revision, whatever the old publish does', () => {
    const post = processOf(scheduled)
    post.begin('t0', scheduled.revision)
    const sooner = later(commanded(scheduled, { type: 'reschedule', at: DUE - HOUR_MS }))
    post.adopt(sooner, NOW)
    expect(post.wakeAt(NOW)).toBe(DUE - HOUR_MS - post.leadMs)
    expect(steps(post, DUE - HOUR_MS)).toEqual(['publish'])
    post.begin('t0', sooner.revision)
    post.finish('t0', scheduled.revision)
    expect(post.isIdle).toBe(false)
    post.finish('t0', sooner.revision)
    expect(post.isIdle).toBe(true)
  })
})

describe('a post that is due but not approved', () => {
  test('is held, which is said once', () => {
    const post = processOf(unapproved)
    expect(post.wakeAt(NOW)).toBe(DUE)
    expect(post.nextSteps(DUE - 1)).toEqual([])
    expect(post.nextSteps(DUE)).toEqual([{ do: 'hold', code: 'awaiting_approval' }])
    expect(post.nextSteps(DUE + HOUR_MS)).toEqual([])
  })

  test('is said again when the reason is another', () => {
    const post = processOf(unapproved)
    post.nextSteps(DUE)
    const rejected = commanded(unapproved, { type: 'reject', actorId: null })
    post.adopt(later(rejected), DUE)
    expect(post.nextSteps(DUE)).toEqual([{ do: 'hold', code: 'rejected' }])
  })

  test('is published when the approval comes late, but not too late', () => {
    const approved = later(commanded(unapproved, { type: 'approve', actorId: null }))
    const post = processOf(unapproved)
    post.adopt(approved, DUE + HOUR_MS)
    expect(steps(post, DUE + HOUR_MS)).toEqual(['publish'])
    const tooLate = processOf(approved)
    expect(tooLate.nextSteps(DUE + 7 * HOUR_MS)).toEqual([{ do: 'hold', code: 'too_late' }])
  })

  test('expires after 7 days, asked for once', () => {
    const post = processOf(unapproved)
    post.nextSteps(DUE)
    expect(post.wakeAt(DUE)).toBe(DUE + 7 * DAY_MS)
    expect(steps(post, DUE + 7 * DAY_MS)).toEqual(['expire_hold'])
    expect(steps(post, DUE + 7 * DAY_MS)).toEqual([])
    // Nothing to wake for: the answer of the row comes by itself, and a timer would spin until then.
    expect(post.wakeAt(DUE + 7 * DAY_MS)).toBeUndefined()
  })
})

describe('snapshots of the row', () => {
  test('that come out of order change nothing', () => {
    const post = processOf(scheduled)
    const newest = later(later(queued))
    post.adopt(newest, NOW)
    post.adopt(later(scheduled), NOW)
    expect(post.state).toBe(newest)
  })

  test('wake the main loop even when they say nothing new', () => {
    const post = processOf(scheduled)
    const before = post.version
    post.adopt(scheduled, NOW)
    expect(post.version).toBeGreaterThan(before)
  })

  test('that are missing end the post', () => {
    const post = processOf(queued)
    post.adopt(null, NOW)
    expect(post.nextSteps(NOW)).toEqual([])
    expect(post.isOver(NOW)).toBe(true)
  })
})

describe('after publishing', () => {
  const published = later(happened(queued, ended('t0', 'published')))
  const failed = later(happened(queued, ended('t0', 'failed')))
  const unknown = later(happened(queued, ended('t0', 'unconfirmed')))

  test('a published post is over when nothing runs any more', () => {
    const post = processOf(queued)
    post.begin('t0', queued.revision)
    post.adopt(published, NOW)
    expect(post.isOver(NOW)).toBe(false)
    post.finish('t0', queued.revision)
    expect(post.isOver(NOW)).toBe(true)
  })

  test('an unconfirmed target is looked for by one lookup at a time', () => {
    const post = processOf(unknown)
    expect(steps(post, NOW)).toEqual(['confirm'])
    post.begin('t0', unknown.revision)
    expect(steps(post, NOW)).toEqual([])
  })

  test('a target that was left publishing by a dead worker is taken up', () => {
    const left = { ...queued, targets: [aTarget({ status: 'publishing' })] }
    expect(steps(processOf(left), NOW)).toEqual(['publish'])
  })

  test.each([
    ['failed', failed],
    ['unconfirmed', unknown],
  ])(
    'a post that is %s waits 30 days for a person, counted from its last change',
    (_name, state) => {
      const post = processOf(queued)
      const since = NOW + DAY_MS
      post.adopt(state, since)
      expect(post.wakeAt(since)).toBe(since + 30 * DAY_MS)
      expect(post.isOver(since + 30 * DAY_MS - 1)).toBe(false)
      expect(post.isOver(since + 30 * DAY_MS)).toBe(true)
    },
  )

  test('a lookup that still runs when the wait is over is waited for without a timer', () => {
    const post = processOf(unknown)
    post.begin('t0', unknown.revision)
    expect(post.isOver(NOW + 30 * DAY_MS)).toBe(false)
    expect(post.wakeAt(NOW + 30 * DAY_MS)).toBeUndefined()
  })

  test('a failed post does nothing by itself', () => {
    expect(processOf(failed).nextSteps(NOW)).toEqual([])
  })

  test('a draft has no deadline', () => {
    const post = processOf(aPost())
    expect([post.wakeAt(NOW), post.isOver(NOW + 400 * DAY_MS)]).toEqual([undefined, false])
  })
})
