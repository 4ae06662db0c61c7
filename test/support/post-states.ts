import fc from 'fast-check'
import type { PostCommand } from '../../domain/post-commands.ts'
import { decide } from '../../domain/post-commands.ts'
import type { PostEvent, TargetOutcome } from '../../domain/post-events.ts'
import { applyEvent } from '../../domain/post-events.ts'
import type { PostState, TargetState } from '../../domain/post-state.ts'

/** Posts, commands and events for tests of the pure state machine. */

export const NOW = Date.parse('2026-12-01T09:00:00Z')
export const HOUR_MS = 3_600_000
export const AUTHOR = 'mara'
export const COLLEAGUE = 'ada'

export function aTarget(change: Partial<TargetState> = {}): TargetState {
  return {
    id: 't0',
    connectionId: 'c0',
    platform: 'bluesky',
    status: 'pending',
    failureCode: null,
    retryable: false,
    ...change,
  }
}

/** A draft with one target that needs no approval. */
export function aPost(change: Partial<PostState> = {}): PostState {
  return {
    status: 'draft',
    revision: 1,
    seq: 1,
    scheduledAt: null,
    approvalRequired: false,
    approvalStatus: null,
    authorId: AUTHOR,
    allowSelfApproval: false,
    latenessPolicy: 'publish',
    maxLatenessMs: 6 * HOUR_MS,
    targets: [aTarget()],
    ...change,
  }
}

/** The state after commands that must all be legal. */
export function commanded(post: PostState, ...commands: PostCommand[]): PostState {
  return commands.reduce((state, command) => {
    const decision = decide(state, command, NOW)
    if (!decision.ok) throw new Error(`${command.type} was refused: ${decision.code}`)
    return decision.next
  }, post)
}

export function happened(post: PostState, ...events: PostEvent[]): PostState {
  return events.reduce(applyEvent, post)
}

export function ended(targetId: string, outcome: TargetOutcome['outcome']): PostEvent {
  return { type: 'target_ended', targetId, result: RESULTS[outcome] }
}

const RESULTS: Readonly<Record<TargetOutcome['outcome'], TargetOutcome>> = {
  published: { outcome: 'published' },
  advanced: { outcome: 'advanced' },
  failed: { outcome: 'failed', code: 'rejected', retryable: true },
  unconfirmed: { outcome: 'unconfirmed', code: 'answer_lost' },
  requeued: { outcome: 'requeued', code: 'transient' },
}

/** A post as the API creates it: a draft, or one scheduled or published in the same request. */
export const createdPost: fc.Arbitrary<PostState> = fc
  .record({
    targets: fc.integer({ min: 1, max: 4 }),
    approvalRequired: fc.boolean(),
    allowSelfApproval: fc.boolean(),
    latenessPolicy: fc.constantFrom('publish', 'hold'),
    create: fc.constantFrom<PostCommand | undefined>(
      undefined,
      { type: 'schedule', at: NOW + HOUR_MS },
      { type: 'publish' },
    ),
  })
  .map(({ targets, create, ...facts }) => {
    const draft = aPost({ ...facts, targets: targetsOf(targets) })
    const decision = create === undefined ? undefined : decide(draft, create, NOW)
    // Publishing at once is refused to a post that needs approval; it stays a draft.
    return decision?.ok ? decision.next : draft
  })

function targetsOf(count: number): TargetState[] {
  return Array.from({ length: count }, (_, index) =>
    aTarget({ id: `t${index}`, connectionId: `c${index}` }),
  )
}

const targetId = fc.constantFrom('t0', 't1', 't2', 't3')
const actorId = fc.constantFrom(AUTHOR, COLLEAGUE, null)
/** Before and after now, and twice the same instant. */
const at = fc.constantFrom(NOW - HOUR_MS, NOW + HOUR_MS, NOW + 2 * HOUR_MS)

export const anyCommand: fc.Arbitrary<PostCommand> = fc.oneof(
  fc.constantFrom<PostCommand>(
    { type: 'submit' },
    { type: 'unschedule' },
    { type: 'publish' },
    { type: 'cancel' },
    { type: 'edit' },
    { type: 'retry' },
  ),
  fc.record({ type: fc.constantFrom('approve', 'reject'), actorId }),
  fc.record({ type: fc.constantFrom('schedule', 'reschedule'), at }),
  fc.record({ type: fc.constant('retry'), at, targetIds: fc.array(targetId, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('resolve'), targetId, as: fc.constant('not_published') }),
  fc.record({
    type: fc.constant('resolve'),
    targetId,
    as: fc.constant('published'),
    platformPostId: fc.constant('p1'),
  }),
)

const outcome = fc.constantFrom<TargetOutcome['outcome']>(
  'published',
  'failed',
  'unconfirmed',
  'requeued',
)

/** Also events that the state has overtaken, as replays and zombies deliver them. */
export const anyEvent: fc.Arbitrary<PostEvent> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<PostEvent>({ type: 'began' }) },
  { weight: 1, arbitrary: fc.constant<PostEvent>({ type: 'hold_expired' }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('target_started'), targetId }) },
  { weight: 8, arbitrary: fc.tuple(targetId, outcome).map(([id, how]) => ended(id, how)) },
)

const IDS = ['t0', 't1'] as const
const LATER = NOW + HOUR_MS

/** Every command and event that can matter to a post with two targets. */
export const EVERY_STEP: readonly Step[] = [
  ...commandsOf([
    { type: 'submit' },
    { type: 'unschedule' },
    { type: 'publish' },
    { type: 'cancel' },
    { type: 'edit' },
    { type: 'retry' },
    { type: 'retry', at: LATER },
    { type: 'schedule', at: LATER },
    { type: 'reschedule', at: LATER + HOUR_MS },
    ...[AUTHOR, COLLEAGUE].map((who) => ({ type: 'approve' as const, actorId: who })),
    { type: 'reject', actorId: COLLEAGUE },
    ...IDS.flatMap((id): PostCommand[] => [
      { type: 'retry', targetIds: [id] },
      { type: 'resolve', targetId: id, as: 'not_published' },
      { type: 'resolve', targetId: id, as: 'published', platformPostId: 'p1' },
    ]),
  ]),
  { event: { type: 'began' } },
  { event: { type: 'hold_expired' } },
  ...IDS.flatMap((id): Step[] => [
    { event: { type: 'target_started', targetId: id } },
    ...Object.values(RESULTS).map((result) => ({
      event: { type: 'target_ended' as const, targetId: id, result },
    })),
  ]),
]

function commandsOf(commands: readonly PostCommand[]): Step[] {
  return commands.map((command) => ({ command }))
}

/** The posts from which every state of a post with two targets can be reached. */
export const DRAFTS_OF_TWO: readonly PostState[] = [true, false].map((approvalRequired) =>
  aPost({ approvalRequired, targets: targetsOf(2) }),
)

export type Step = { command: PostCommand } | { event: PostEvent }

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    anyCommand.map((command) => ({ command })),
    anyEvent.map((event) => ({ event })),
  ),
  { maxLength: 40, size: 'max' },
)
