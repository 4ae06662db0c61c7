import { ApplicationFailure, activityInfo, cancellationSignal } from '@temporalio/activity'
import type { OpenedAttempt } from '../db/repositories/publish-claims.ts'
import { claimPublish } from '../db/repositories/publish-claims.ts'
import type { PublishFacts } from '../db/repositories/publish-load.ts'
import type { PostState } from '../domain/post-state.ts'
import type { Draft } from '../platforms/connector.ts'
import type { CommitOutcome } from './commit-outcome.ts'
import { commitOutcome } from './commit-outcome.ts'
import type { ActivityDeps } from './deps.ts'
import type { Heart } from './heart.ts'
import { withHeart } from './heart.ts'
import { recordOutcome } from './record-outcome.ts'
import type { Staged } from './stage-publish.ts'
import { stagePublish } from './stage-publish.ts'
import type { PublishInput, PublishResult } from './types.ts'
import { waitUntil } from './wait-until.ts'

/**
 * Publishes one target: loads, checks and decrypts ahead of time, waits in memory for the due
 * instant, claims the target in the ledger and makes the one irreversible call. May be executed any
 * number of times: the ledger, not the executor, guarantees that only one call is ever made.
 */
export function publishToPlatform(deps: ActivityDeps, input: PublishInput): Promise<PublishResult> {
  return withHeart((heart) => publish(deps, input, heart))
}

async function publish(
  deps: ActivityDeps,
  input: PublishInput,
  heart: Heart,
): Promise<PublishResult> {
  const known = answerOfEarlierExecution()
  if (known !== undefined) {
    const ended = await recordOutcome(deps, input, known.attemptId, known.outcome)
    if (ended.applied) return finish(known, ended.post)
  }
  const staged = await stagePublish(deps, input)
  if (staged.step === 'answer') return staged.result
  await waitUntil(input.dueAt, cancellationSignal())
  const sendBefore = new Date(Date.now() + deps.timing.commitTimeoutMs)
  const claim = await deps.db.withTenant(input.tenantId, (em) =>
    claimPublish(em, { ...input, sendBefore, worker: deps.workerId }, Date.now()),
  )
  if (claim.outcome !== 'claimed') return { outcome: 'ended', post: claim.post }
  const outcome = await callPlatform(deps, input, staged, claim.attempt, sendBefore)
  const { tokenVersion } = staged.facts.connection
  const answer = { attemptId: claim.attempt.id, outcome, tokenVersion }
  // Only when the row cannot be written: should this process die then, its successor knows.
  const onTrouble = () => heart.remember(answer)
  const ended = await recordOutcome(deps, input, answer.attemptId, outcome, onTrouble)
  return finish(answer, ended.post)
}

function callPlatform(
  deps: ActivityDeps,
  input: PublishInput,
  staged: Extract<Staged, { step: 'ready' }>,
  attempt: OpenedAttempt,
  sendBefore: Date,
): Promise<CommitOutcome> {
  // Not the activity's cancellation: once claimed, the call is made and its answer recorded.
  const signal = AbortSignal.timeout(Math.max(1, sendBefore.getTime() - Date.now()))
  const call = { http: deps.http, signal, sendBefore }
  const draft = draftOf(staged.facts, input.targetId, attempt)
  const commit = () => staged.connector.commit(draft, staged.access, call)
  return commitOutcome(commit, input.tokenIsFresh)
}

export function draftOf(
  facts: PublishFacts,
  targetId: string,
  attempt: { round: number; frozenAt: Date },
): Draft {
  return {
    text: facts.content,
    settings: facts.settings,
    idempotencyKey: `${targetId}:${attempt.round}`,
    createdAt: attempt.frozenAt,
  }
}

interface Answer {
  attemptId: string
  outcome: CommitOutcome
  tokenVersion: number
}

function finish({ outcome, tokenVersion }: Answer, post: PostState | null): PublishResult {
  if (outcome.after === 'refresh') return { outcome: 'needs_token', tokenVersion, post }
  if (outcome.after === 'retry') throw retryLater(outcome)
  return { outcome: 'ended', post }
}

function retryLater({ end, limitedUntil }: CommitOutcome): ApplicationFailure {
  const failure = 'failure' in end ? end.failure : undefined
  const untilMs = limitedUntil === undefined ? undefined : new Date(limitedUntil).getTime()
  return ApplicationFailure.create({
    type: failure?.code ?? 'transient',
    message: failure?.message ?? 'The platform could not be reached; it is tried again.',
    nextRetryDelay: untilMs === undefined ? undefined : Math.max(1, untilMs - Date.now()),
    category: 'BENIGN',
  })
}

function answerOfEarlierExecution(): Answer | undefined {
  const details: unknown = activityInfo().heartbeatDetails
  return isAnswer(details) ? details : undefined
}

function isAnswer(details: unknown): details is Answer {
  return typeof details === 'object' && details !== null && 'attemptId' in details
}
