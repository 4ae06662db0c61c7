import { describe, expect, test } from '@jest/globals'
import { decide } from '../../domain/post-commands.ts'
import type { PostState } from '../../domain/post-state.ts'
import { POST_STATUSES } from '../../domain/post-state.ts'
import { isoOf, localOf } from './instants.ts'
import { isDeletable, postActions } from './post.ts'

const NOW_MS = Date.parse('2026-12-01T09:00:00Z')

function post(data: Partial<PostState> = {}): PostState {
  return {
    ...{ status: 'scheduled', revision: 1, seq: 1, scheduledAt: NOW_MS + 3_600_000 },
    ...{ approvalRequired: true, approvalStatus: 'pending', authorId: 'ann' },
    ...{ allowSelfApproval: false, latenessPolicy: 'publish', maxLatenessMs: 3_600_000 },
    targets: [
      {
        ...{ id: 't1', connectionId: 'c1', platform: 'x', status: 'pending' },
        ...{ failureCode: null, retryable: false },
      },
    ],
    ...data,
  }
}

describe('allowed actions', () => {
  test('name each once, and a reschedule as what the API calls it', () => {
    for (const status of POST_STATUSES) {
      const actions: string[] = postActions(post({ status }), 'bob', NOW_MS)
      expect(actions).toEqual([...new Set(actions)])
      expect(actions).not.toContain('reschedule')
    }
    expect(postActions(post(), 'bob', NOW_MS)).toContain('schedule')
  })

  test.each([
    ['ann', false, false],
    ['bob', false, true],
    ['ann', true, true],
  ])('%s, self-approval %p: may approve %p', (userId, allowSelfApproval, may) => {
    const state = post({ allowSelfApproval })
    expect(postActions(state, userId, NOW_MS).includes('approve')).toBe(may)
    // The word of the list and the decision on the command are one.
    const approve = { type: 'approve' as const, actorId: userId }
    expect(decide(state, approve, NOW_MS).ok).toBe(may)
  })

  test.each(POST_STATUSES)(
    'a post that is %s may be deleted unless its outcome is open',
    (status) => {
      const may = status !== 'queued' && status !== 'unconfirmed'
      expect(isDeletable(status)).toBe(may)
      expect(postActions(post({ status }), 'bob', NOW_MS).includes('delete')).toBe(may)
    },
  )
})

describe('instants', () => {
  const instant = new Date('2026-07-01T22:30:05.250Z')

  test.each([
    ['Europe/Berlin', '2026-07-02T00:30:05'],
    ['Asia/Kolkata', '2026-07-02T04:00:05'],
    ['America/St_Johns', '2026-07-01T20:00:05'],
    ['UTC', '2026-07-01T22:30:05'],
  ])('are shown in %s as people there read them', (zone, local) => {
    expect(localOf(instant, zone)).toBe(local)
  })

  test('in a zone that is gone have no local time, and do not fail', () => {
    expect(localOf(instant, 'Mars/Olympus')).toBeNull()
  })

  test.each([null, undefined])('that are %p are null', (none) => {
    expect([isoOf(none), localOf(none, 'UTC')]).toEqual([null, null])
  })

  test('keep their milliseconds in UTC', () => {
    expect(isoOf(instant)).toBe('2026-07-01T22:30:05.250Z')
  })
})
