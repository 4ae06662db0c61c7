import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  AUTHOR,
  anyCommand,
  anySteps,
  aPost,
  COLLEAGUE,
  createdPost,
  DRAFTS_OF_TWO,
  EVERY_STEP,
  HOUR_MS,
  NOW,
  type Step,
} from '../test/support/post-states.ts'
import { isErrorCode } from './errors.ts'
import type { PostCommand, PostCommandType } from './post-commands.ts'
import { allowedActions, decide } from './post-commands.ts'
import { applyEvent } from './post-events.ts'
import type { PostState, TargetStatus } from './post-state.ts'
import { isApproved, POST_TRANSITIONS, settle, TARGET_TRANSITIONS } from './post-state.ts'

/** What holds after any sequence of commands and events, whatever their order. */

type Check = (before: PostState, after: PostState, step: Step) => void

function take(post: PostState, step: Step): PostState {
  if ('event' in step) return applyEvent(post, step.event)
  const decision = decide(post, step.command, NOW)
  return decision.ok ? decision.next : post
}

type Move = [before: PostState, after: PostState, step: Step]

/** Every move there is of a post with two targets, found by trying every step in every state. */
function explore(): Move[] {
  const seen = new Set<string>()
  const moves: Move[] = []
  const open = [...DRAFTS_OF_TWO]
  for (let post = open.pop(); post !== undefined; post = open.pop()) {
    // What has been counted makes no other state.
    const key = JSON.stringify({ ...post, revision: 0 })
    if (seen.has(key)) continue
    seen.add(key)
    for (const step of EVERY_STEP) {
      const next = take(freeze(post), step)
      moves.push([post, next, step])
      open.push(next)
    }
  }
  return moves
}

const everyMove = explore()

/** Runs `check` on every step of any sequence from any created post, and on every move there is. */
function always(check: Check): void {
  for (const move of everyMove) check(...move)
  const walk = fc.property(createdPost, anySteps, (created, steps) => {
    let post = created
    for (const step of steps) {
      const next = take(freeze(post), step)
      check(post, next, step)
      post = next
    }
  })
  fc.assert(walk, { numRuns: 200 })
}

/** Decisions are pure: writing to their input would throw. */
function freeze(post: PostState): PostState {
  for (const target of post.targets) Object.freeze(target)
  Object.freeze(post.targets)
  return Object.freeze(post)
}

function isLegalTarget(from: TargetStatus, to: TargetStatus): boolean {
  if (from === to || TARGET_TRANSITIONS[from].includes(to)) return true
  // The end of a publish whose start was never seen is both moves in one.
  return from === 'queued' && TARGET_TRANSITIONS.publishing.includes(to)
}

describe('any sequence of commands and events', () => {
  test('makes only legal moves', () => {
    always((before, next) => {
      const legal = [before.status, ...POST_TRANSITIONS[before.status]]
      expect(legal).toContain(next.status)
      for (const [index, target] of next.targets.entries()) {
        const from = before.targets[index]?.status ?? 'pending'
        expect([from, target.status, isLegalTarget(from, target.status)]).toContain(true)
      }
    })
  })

  test('sends nothing that needs approval without it', () => {
    always((_before, { status, targets, ...post }) => {
      const isSending = status === 'queued' || targets.some((t) => t.status === 'publishing')
      expect(isSending && !isApproved(post)).toBe(false)
    })
  })

  test('asks for approval again after an edit or another time', () => {
    always((before, next, step) => {
      if (!('command' in step) || next.revision === before.revision) return
      const { command } = step
      const moved = command.type === 'reschedule' && command.at !== before.scheduledAt
      const changed = command.type === 'edit' || command.type === 'unschedule' || moved
      const wasApproved = before.approvalRequired && before.approvalStatus === 'approved'
      if (changed && wasApproved) expect(next.approvalStatus).toBe('pending')
    })
  })

  test('approves only by an accepted approve, and not by the author unless that is allowed', () => {
    always((before, next, step) => {
      if (next.approvalStatus !== 'approved' || before.approvalStatus === 'approved') return
      expect(step).toMatchObject({ command: { type: 'approve' } })
      const actorId = 'command' in step && 'actorId' in step.command ? step.command.actorId : null
      if (!before.allowSelfApproval) expect(actorId).not.toBe(AUTHOR)
    })
  })

  test('never takes a target out of published', () => {
    always((before, next) => {
      for (const [index, target] of before.targets.entries()) {
        if (target.status === 'published') expect(next.targets[index]?.status).toBe('published')
      }
    })
  })

  test('keeps the post what its targets add up to', () => {
    always((_before, { status, targets }) => {
      if (['draft', 'scheduled', 'cancelled'].includes(status)) return
      expect(settle(targets)).toBe(status)
    })
  })

  test('counts revisions by accepted commands alone', () => {
    always((before, next, step) => {
      const accepted = 'command' in step && decide(before, step.command, NOW).ok
      expect(next.revision - before.revision).toBe(accepted ? 1 : 0)
      expect(next.seq).toBe(before.seq)
    })
  })

  test('refuses with codes of the catalogue', () => {
    always((before, _next, step) => {
      if (!('command' in step)) return
      const decision = decide(before, step.command, NOW)
      if (!decision.ok) expect(isErrorCode(decision.code)).toBe(true)
    })
  })

  test('a command is listed as allowed exactly when some form of it is accepted', () => {
    always((_before, post) => {
      const accepted = forms(post).filter((command) => decide(post, command, NOW).ok)
      const types = new Set<PostCommandType>(accepted.map((command) => command.type))
      expect(allowedActions(post, NOW).sort()).toEqual([...types].sort())
    })
  })
})

/** Every way of asking for every command that could make a difference. */
function forms(post: PostState): PostCommand[] {
  const at = NOW + HOUR_MS
  return [
    { type: 'submit' },
    { type: 'approve', actorId: COLLEAGUE },
    { type: 'reject', actorId: COLLEAGUE },
    { type: 'schedule', at },
    { type: 'reschedule', at },
    { type: 'unschedule' },
    { type: 'publish' },
    { type: 'cancel' },
    { type: 'edit' },
    { type: 'retry' },
    ...post.targets.flatMap((target): PostCommand[] => [
      { type: 'retry', targetIds: [target.id] },
      { type: 'resolve', targetId: target.id, as: 'not_published' },
      { type: 'resolve', targetId: target.id, as: 'published', platformPostId: 'p1' },
    ]),
  ]
}

test('the walks of these tests reach every state and outcome', () => {
  const seen = new Set<string>()
  always((_before, next, step) => {
    seen.add(next.status)
    for (const target of next.targets) seen.add(`target ${target.status}`)
    if ('command' in step) seen.add(`command ${step.command.type}`)
  })
  for (const status of Object.keys(POST_TRANSITIONS)) expect(seen).toContain(status)
  for (const status of Object.keys(TARGET_TRANSITIONS)) expect(seen).toContain(`target ${status}`)
})

test('what has ended accepts no command', () => {
  const endings = fc.constantFrom<PostState>(
    aPost({ status: 'published', targets: [] }),
    aPost({ status: 'cancelled', targets: [] }),
  )
  fc.assert(
    fc.property(endings, anyCommand, (post, command) => {
      expect(decide(post, command, NOW)).toEqual({ ok: false, code: 'illegal_transition' })
    }),
  )
})
