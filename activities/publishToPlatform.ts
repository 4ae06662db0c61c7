import { ApplicationFailure, activityInfo, cancellationSignal } from '@temporalio/activity'
import { claimFast } from '../db/repositories/fast-publish.ts'
import type { Claim, ClaimInput, OpenedAttempt } from '../db/repositories/publish-claims.ts'
import { claimPublish } from '../db/repositories/publish-claims.ts'
import type { PublishFacts } from '../db/repositories/publish-load.ts'
import type { PostState } from '../domain/post-state.ts'
import type { Draft } from '../platforms/connector.ts'
import type { Burst } from './burst.ts'
import type { CommitOutcome } from './commit-outcome.ts'
import { commitOutcome } from './commit-outcome.ts'
import type { ActivityDeps } from './deps.ts'
import type { Heart } from './heart.ts'
import { withHeart } from './heart.ts'
import { recordOutcome } from './record-outcome.ts'
import type { Staged } from './stage-publish.ts'
import { stagePublish } from './stage-publish.ts'
import { tellingWhy, waitingIsOver } from './target-waiting.ts'
import type { PublishInput, PublishResult } from './types.ts'
import { waitUntil } from './wait-until.ts'

type Ready = Extract<Staged, { step: 'ready' }>

/**
 * Publishes one target: loads, checks and decrypts ahead of time, waits in memory for the due
 * instant, claims the target in the ledger and makes the one irreversible call. May be executed any
 * number of times: the ledger, not the executor, guarantees that only one call is ever made.
 */
export function publishToPlatform(
  deps: ActivityDeps,
  input: PublishInput,
  burst: Burst,
): Promise<PublishResult> {
  return withHeart((heart) => publish(deps, input, burst, heart))
}

async function publish(
  deps: ActivityDeps,
  input: PublishInput,
  burst: Burst,
  heart: Heart,
): Promise<PublishResult> {
  const known = answerOfEarlierExecution()
  if (known !== undefined) {
    const ended = await recordOutcome(deps, input, known.attemptId, known.outcome, known)
    if (ended.applied) return finish(known, ended.post)
  }
  const staged = await tellingWhy(deps, input, () => stagePublish(deps, input))
  if (staged.step === 'answer') return staged.result
  if (staged.facts.isWaiting) await waitingIsOver(deps, input)
  await waitUntil(input.dueAt, cancellationSignal())
  const made = await burst.commit(() => commitClaimed(deps, input, staged))
  if (made.outcome === 'none') return { outcome: 'ended', post: made.post }
  // Only when the row cannot be written: should this process die then, its successor knows.
  const onTrouble = () => heart.remember(made.answer)
  const { attemptId, outcome, tokenVersion } = made.answer
  const snapshot = made.post
  const ended = await recordOutcome(deps, input, attemptId, outcome, {
    onTrouble,
    snapshot,
    tokenVersion,
  })
  if (input.dueAt !== null) await burst.calm()
  return finish(made.answer, ended.post)
}

type Made =
  | { outcome: 'made'; answer: Answer; post: PostState }
  | { outcome: 'none'; post: PostState | null }

/** Claims the target in the ledger and makes the one call that the claim allows. */
async function commitClaimed(
  deps: ActivityDeps,
  input: PublishInput,
  staged: Ready,
): Promise<Made> {
  const sendBefore = new Date(Date.now() + deps.timing.commitTimeoutMs)
  const claim = await openClaim(deps, { ...input, sendBefore, worker: deps.workerId }, staged)
  if (claim.outcome !== 'claimed') return { outcome: 'none', post: claim.post }
  const outcome = await callPlatform(deps, input, staged, claim.attempt, sendBefore)
  const { tokenVersion } = staged.facts.connection
  const answer = { attemptId: claim.attempt.id, outcome, tokenVersion }
  return { outcome: 'made', answer, post: claim.post }
}

/** One round trip in the usual case; the locked way whenever the row has moved. */
async function openClaim(deps: ActivityDeps, input: ClaimInput, staged: Ready): Promise<Claim> {
  const { db } = deps
  const claim = await claimFast(db, input, staged.snapshot, Date.now())
  if (claim !== undefined) return claim
  return db.withTenant(input.tenantId, (em) => claimPublish(em, input, Date.now()))
}

function callPlatform(
  deps: ActivityDeps,
  input: PublishInput,
  staged: Ready,
  attempt: OpenedAttempt,
  sendBefore: Date,
): Promise<CommitOutcome> {
  // Not the activity's cancellation: once claimed, the call is made and its answer recorded.
  const signal = AbortSignal.timeout(Math.max(1, sendBefore.getTime() - Date.now()))
  const { connection } = staged.facts
  const onRateLimit = deps.limits.of({ tenantId: input.tenantId, connectionId: connection.id })
  const call = { http: deps.http, signal, sendBefore, onRateLimit }
  const draft = draftOf(staged.facts, input.targetId, attempt)
  const commit = () => staged.connector.commit(draft, staged.access, call)
  return commitOutcome(commit, input.tokenIsFresh)
}

/**
 * The same for every try of a round: platforms that honour an idempotency key or a date recognise a
 * repeat.
 */
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

/**
 * What a successor needs to record, should this process die; it travels in heartbeats, so it holds
 * no secret.
 */
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
