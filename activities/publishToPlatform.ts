import { ApplicationFailure, activityInfo, cancellationSignal } from '@temporalio/activity'
import { claimFast } from '../db/repositories/fast-publish.ts'
import { noteAccepted } from '../db/repositories/publish-checkpoints.ts'
import type { Claim, ClaimInput, OpenedAttempt } from '../db/repositories/publish-claims.ts'
import { claimPublish } from '../db/repositories/publish-claims.ts'
import type { UndecidedAttempt } from '../db/repositories/publish-load.ts'
import { loadForPublish } from '../db/repositories/publish-load.ts'
import { noteWaiting } from '../db/repositories/target-waiting.ts'
import type { PostState } from '../domain/post-state.ts'
import { spreadOf } from '../domain/refresh-schedule.ts'
import type { Accepted } from '../platforms/connector.ts'
import type { Burst } from './burst.ts'
import type { CommitOutcome } from './commit-outcome.ts'
import { commitOutcome } from './commit-outcome.ts'
import { decryptAccess } from './decrypt-access.ts'
import type { ActivityDeps } from './deps.ts'
import { retryAt } from './give-up.ts'
import type { Heart } from './heart.ts'
import { withHeart } from './heart.ts'
import { keepTrying } from './keep-trying.ts'
import { recordOutcome } from './record-outcome.ts'
import type { ReadyPart } from './stage-publish.ts'
import { stagePublish } from './stage-publish.ts'
import { contentOf, draftOf, loadFiles } from './target-content.ts'
import { tellingWhy, waitingIsOver } from './target-waiting.ts'
import type { PublishInput, PublishResult } from './types.ts'
import { waitUntil } from './wait-until.ts'
import { watchAccepted } from './watch-accepted.ts'

/**
 * Publishes one target, part by part: loads, checks, decrypts and uploads ahead of time, waits in
 * memory for the due instant, claims the part in the ledger and makes the one irreversible call. May
 * be executed any number of times: the ledger, not the executor, guarantees that only one call is
 * ever made for each part.
 */
export function publishToPlatform(
  deps: ActivityDeps,
  input: PublishInput,
  burst: Burst,
): Promise<PublishResult> {
  return withHeart((heart) => publish({ deps, burst, heart }, input))
}

/** A prepared post that waits longer is put down, and taken up again shortly before its instant. */
const LONG_WAIT_MS = 90_000
const BACK_MIN_MS = 10_000
const BACK_SPREAD_MS = 30_000

interface Process {
  deps: ActivityDeps
  burst: Burst
  heart: Heart
}

async function publish(process: Process, input: PublishInput): Promise<PublishResult> {
  const known = answerOfEarlierExecution()
  if (known !== undefined) {
    const result = await recordKnown(process, input, known)
    if (result !== undefined && result !== 'next') return result
  }
  for (let dueAt = input.dueAt; ; dueAt = null) {
    const part = { ...input, dueAt }
    const result = await tellingWhy(process.deps, part, () => publishPart(process, part))
    if (result !== 'next') return result
  }
}

/** What a predecessor was told and could not write any more. */
async function recordKnown(
  process: Process,
  input: PublishInput,
  known: Answer,
): Promise<PublishResult | 'next' | undefined> {
  const { deps } = process
  if ('accepted' in known.made) {
    await keepAccepted(process, input, known.attemptId, known.made)
    return undefined
  }
  const ended = await recordOutcome(deps, input, known.attemptId, known.made, known)
  return ended.applied ? finish({ ...known, made: known.made }, ended.post, input) : undefined
}

async function publishPart(process: Process, input: PublishInput): Promise<PublishResult | 'next'> {
  const { deps, burst } = process
  const staged = await stagePublish(deps, input)
  if (staged.step === 'answer') return staged.result
  if (staged.step === 'again') return 'next'
  if (staged.step === 'accepted') return watch(process, input, staged.attempt)
  const { part, snapshot } = staged
  if (part.facts.isWaiting) await waitingIsOver(deps, input)
  if (part.isKept) freeSlot(input)
  await waitUntil(input.dueAt, cancellationSignal())
  const made = await burst.commit(() => commitClaimed(deps, input, part, snapshot))
  if (made.outcome === 'none') return { outcome: 'ended', post: made.post }
  const { answer } = made
  if ('accepted' in answer.made) {
    await keepAccepted(process, input, answer.attemptId, answer.made)
    return 'next'
  }
  return record(process, input, { ...answer, made: answer.made }, part, made.post)
}

/** Files are uploaded minutes ahead; waiting that long would hold a slot that other posts need. */
function freeSlot({ dueAt, targetId }: PublishInput): void {
  if (dueAt === null || dueAt - Date.now() < LONG_WAIT_MS) return
  const backAt = dueAt - BACK_MIN_MS - Math.round(BACK_SPREAD_MS * spreadOf(targetId))
  throw retryAt(backAt, 'prepared', 'Everything is uploaded; it is staged again when it is due.')
}

/** The platform has the post and says how it is getting on. */
async function watch(
  process: Process,
  input: PublishInput,
  attempt: UndecidedAttempt,
): Promise<PublishResult | 'next'> {
  const { deps } = process
  const { tenantId, targetId } = input
  const { facts, files } = await deps.db.withTenant(tenantId, async (em) => {
    const facts = await loadForPublish(em, tenantId, targetId)
    return { facts, files: facts && (await loadFiles(em, facts)) }
  })
  if (facts === undefined || files === undefined) return { outcome: 'ended', post: null }
  const connector = deps.connector(facts.platform)
  const access = await decryptAccess(deps, input, facts)
  const content = contentOf(connector, facts, files)
  const end = await watchAccepted(deps, input, { connector, facts, content, attempt, access })
  if ('againMs' in end) {
    await deps.db.withTenant(tenantId, (em) => noteWaiting(em, input, 'processing'))
    return { outcome: 'processing', againMs: end.againMs }
  }
  const { tokenVersion } = facts.connection
  const made = { end, after: 'done' as const }
  const ended = await recordOutcome(deps, input, attempt.id, made)
  return finish({ attemptId: attempt.id, made, tokenVersion }, ended.post, input)
}

type Made =
  | { outcome: 'made'; answer: Answer; post: PostState }
  | { outcome: 'none'; post: PostState | null }

/** Claims the part in the ledger and makes the one call that the claim allows. */
async function commitClaimed(
  deps: ActivityDeps,
  input: PublishInput,
  part: ReadyPart,
  snapshot: PostState,
): Promise<Made> {
  const sendBefore = new Date(Date.now() + deps.timing.commitTimeoutMs)
  const wanted = { ...input, sendBefore, worker: deps.workerId, step: part.step }
  const claim = await openClaim(deps, wanted, snapshot)
  if (claim.outcome !== 'claimed') return { outcome: 'none', post: claim.post }
  const made = await callPlatform(deps, input, part, claim.attempt, sendBefore)
  const { tokenVersion } = part.facts.connection
  const answer = { attemptId: claim.attempt.id, made, tokenVersion }
  return { outcome: 'made', answer, post: claim.post }
}

/** One round trip in the usual case; the locked way whenever the row has moved. */
async function openClaim(
  deps: ActivityDeps,
  input: ClaimInput,
  snapshot: PostState,
): Promise<Claim> {
  const { db } = deps
  const claim = await claimFast(db, input, snapshot, Date.now())
  if (claim !== undefined) return claim
  return db.withTenant(input.tenantId, (em) => claimPublish(em, input, Date.now()))
}

function callPlatform(
  deps: ActivityDeps,
  input: PublishInput,
  { connector, facts, content, step, access, prepared }: ReadyPart,
  { round, frozenAt }: OpenedAttempt,
  sendBefore: Date,
): Promise<CommitOutcome | Accepted> {
  const { tenantId, targetId } = input
  // Not the activity's cancellation: once claimed, the call is made and its answer recorded.
  const signal = AbortSignal.timeout(Math.max(1, sendBefore.getTime() - Date.now()))
  const onRateLimit = deps.limits.of({ tenantId, connectionId: facts.connection.id })
  const media = deps.media(tenantId)
  const call = { http: deps.http, signal, sendBefore, onRateLimit, media }
  const draft = draftOf(content, facts, { targetId, index: step.part, round, frozenAt })
  const commit = () => connector.commit(draft, access, call, prepared)
  return commitOutcome(commit, input.tokenIsFresh)
}

async function record(
  { deps, burst, heart }: Process,
  input: PublishInput,
  answer: Ended,
  { step, isKept }: ReadyPart,
  snapshot: PostState,
): Promise<PublishResult | 'next'> {
  const isWhole = step.part === 0 && step.isLast && !isKept
  const { attemptId, made, tokenVersion } = answer
  const ended = await recordOutcome(deps, input, attemptId, made, {
    // Only when the row cannot be written: should this process die then, its successor knows.
    onTrouble: () => heart.remember(answer),
    tokenVersion,
    part: step.part,
    ...(isWhole ? { snapshot } : {}),
  })
  if (input.dueAt !== null) await burst.calm()
  return finish(answer, ended.post, input)
}

/** The platform's word that it has the post must outlive this process before anything else. */
async function keepAccepted(
  { deps, heart }: Process,
  { tenantId }: PublishInput,
  attemptId: string,
  made: Accepted,
): Promise<void> {
  const write = () =>
    deps.db.withTenant(tenantId, (em) => noteAccepted(em, { tenantId, attemptId }, made.accepted))
  const onTrouble = () => heart.remember({ attemptId, made, tokenVersion: 0 } satisfies Answer)
  await keepTrying(deps, attemptId, write, onTrouble)
}

/**
 * What a successor needs to record, should this process die; it travels in heartbeats, so it holds
 * no secret.
 */
interface Answer {
  attemptId: string
  made: CommitOutcome | Accepted
  tokenVersion: number
}

type Ended = Answer & { made: CommitOutcome }

/** `next`: the part is out, and the target is queued for the one that follows. */
function finish(
  { made, tokenVersion }: Ended,
  post: PostState | null,
  { targetId }: PublishInput,
): PublishResult | 'next' {
  if (made.after === 'refresh') return { outcome: 'needs_token', tokenVersion, post }
  if (made.after === 'retry') throw retryLater(made)
  const target = post?.targets.find(({ id }) => id === targetId)
  const isOut = made.end.status === 'published' || made.end.status === 'rejected'
  return isOut && target?.status === 'queued' ? 'next' : { outcome: 'ended', post }
}

function retryLater({ end, limitedUntil }: CommitOutcome): ApplicationFailure {
  const failure = 'failure' in end ? end.failure : undefined
  const type = failure?.code ?? 'transient'
  const message = failure?.message ?? 'The platform could not be reached; it is tried again.'
  if (limitedUntil === undefined) {
    return ApplicationFailure.create({ type, message, category: 'BENIGN' })
  }
  return retryAt(new Date(limitedUntil).getTime(), 'rate_limited', message)
}

function answerOfEarlierExecution(): Answer | undefined {
  const details: unknown = activityInfo().heartbeatDetails
  return isAnswer(details) ? details : undefined
}

function isAnswer(details: unknown): details is Answer {
  return typeof details === 'object' && details !== null && 'made' in details
}
