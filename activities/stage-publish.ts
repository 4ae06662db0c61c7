import { cancellationSignal } from '@temporalio/activity'
import { loadPostState } from '../db/repositories/post-facts.ts'
import type { PublishFacts, UndecidedAttempt } from '../db/repositories/publish-load.ts'
import { loadForPublish, undecidedAttempt } from '../db/repositories/publish-load.ts'
import { finishTarget } from '../db/repositories/skip-part.ts'
import type { MediaFacts } from '../domain/media.ts'
import type { PartStep } from '../domain/parts.ts'
import { isAside } from '../domain/parts.ts'
import type { PostState } from '../domain/post-state.ts'
import type { Access } from '../platforms/call.ts'
import { checkContent } from '../platforms/check-content.ts'
import type { Connector, Prepared } from '../platforms/connector.ts'
import { readAccountLimits } from '../platforms/registry.ts'
import type { Sent } from './await-cap.ts'
import { awaitCap, loadSent } from './await-cap.ts'
import { decryptAccess } from './decrypt-access.ts'
import type { ActivityDeps } from './deps.ts'
import type { Obstacle } from './give-up.ts'
import { dropPart, giveUp, retryAt } from './give-up.ts'
import { explainPrepareFailure } from './prepare-failure.ts'
import type { PreparedPart } from './prepare-part.ts'
import { preparePart } from './prepare-part.ts'
import type { TargetContent } from './target-content.ts'
import { contentOf, draftOf, loadFiles, stepOf } from './target-content.ts'
import type { PublishInput, PublishResult } from './types.ts'

/** One part of a target with everything that its call needs. */
export interface ReadyPart {
  connector: Connector
  facts: PublishFacts
  content: TargetContent
  step: PartStep
  access: Access
  prepared: Prepared | undefined
  /** Something of what was prepared is in the database. */
  isKept: boolean
}

export type Staged =
  /** The post as it was staged; the commit writes only if it has not moved. */
  | { step: 'ready'; part: ReadyPart; snapshot: PostState }
  /** An earlier execution was told that the platform took the part; what became of it is open. */
  | { step: 'accepted'; attempt: UndecidedAttempt }
  /** A part was left out; the next one may be staged. */
  | { step: 'again' }
  | { step: 'answer'; result: PublishResult }

interface Loaded {
  facts: PublishFacts
  state: PostState
  sent: Sent
  files: ReadonlyMap<string, MediaFacts>
}

/** Everything that can be done before the due instant and repeated at will: load, check, decrypt,
 * upload. */
export async function stagePublish(deps: ActivityDeps, input: PublishInput): Promise<Staged> {
  const loaded = await load(deps, input)
  if (loaded === undefined) return answer({ outcome: 'ended', post: null })
  const { facts, state } = loaded
  if (facts.targetStatus !== 'queued' && facts.targetStatus !== 'pending') {
    return begun(deps, input)
  }
  const connector = deps.connector(facts.platform)
  const content = contentOf(connector, facts, loaded.files)
  const step = stepOf(content, facts.nextPart)
  if (step === undefined) return nothingLeft(deps, input, content, facts)
  const obstacle = obstacleOf(facts, connector, content)
  if (obstacle !== undefined) return refusePart(deps, input, step, obstacle)
  obeyLimit(facts, input)
  // Caps are of posts: a comment on what is out is never held up by them.
  if (!isAside(step.role)) awaitCap(input, connector, loaded.sent)
  if (needsToken(deps, facts, input)) return answer(needsFreshToken(loaded))
  const access = await decryptAccess(deps, input, facts)
  const part = { connector, facts, content, step, access }
  if (!(await filesAreThere(deps, input, part))) {
    return refusePart(deps, input, step, { code: 'media_missing' })
  }
  const made = await prepared(deps, input, part)
  if (made.outcome === 'refused') return refusePart(deps, input, step, made.obstacle)
  if (made.outcome === 'needs_token') return answer(needsFreshToken(loaded))
  return {
    step: 'ready',
    part: { ...part, prepared: made.prepared, isKept: made.isKept },
    snapshot: state,
  }
}

function load(deps: ActivityDeps, input: PublishInput) {
  const { tenantId, postId, targetId } = input
  return deps.db.withTenant(tenantId, async (em): Promise<Loaded | undefined> => {
    // Read before the content: an edit in between then shows in `seq` at the commit.
    const state = await loadPostState(em, tenantId, postId)
    const facts = await loadForPublish(em, tenantId, targetId)
    if (state === undefined || facts === undefined) return undefined
    const sent = await loadSent(em, input, deps.connector(facts.platform), facts.connection.id)
    return { state, facts, sent, files: await loadFiles(em, facts) }
  })
}

function obstacleOf(
  { connection, nextPart, isRemoved }: PublishFacts,
  connector: Connector,
  read: TargetContent,
): Obstacle | undefined {
  if (!connection.isActive || connection.status === 'disconnected') {
    return { code: 'connection_inactive' }
  }
  if (connection.status !== 'active') return { code: 'needs_reconnect' }
  if (isRemoved) return { code: 'thread_removed', retryable: false }
  // What is out cannot be unsaid: the rest of a thread is judged by the platform.
  if (nextPart > 0) return undefined
  const account = readAccountLimits(connection.metadata)
  const findings = [...read.findings, ...checkContent(connector, read.content, account)]
  if (findings.length === 0) return undefined
  const reason = findings.map(({ message }) => message).join(' ')
  return { code: 'content_invalid', reason, retryable: true }
}

/** A file that the store lost would fail in the middle of an upload, again and again. */
async function filesAreThere(
  deps: ActivityDeps,
  { tenantId }: PublishInput,
  { content, step }: Pick<ReadyPart, 'content' | 'step'>,
): Promise<boolean> {
  const { media = [], attached = {} } = content.parts[step.part] ?? {}
  const source = deps.media(tenantId)
  const found = await Promise.all(
    [...media, ...Object.values(attached)].map((file) => source.exists(file)),
  )
  return !found.includes(false)
}

type Preparation =
  | ({ outcome: 'prepared' } & PreparedPart)
  | { outcome: 'refused'; obstacle: Obstacle }
  | { outcome: 'needs_token' }

async function prepared(
  deps: ActivityDeps,
  input: PublishInput,
  { connector, facts, content, step, access }: Omit<ReadyPart, 'prepared' | 'isKept'>,
): Promise<Preparation> {
  const { tenantId, targetId } = input
  const frozenAt = facts.frozenAt ?? new Date(input.dueAt ?? Date.now())
  const place = { targetId, index: step.part, round: facts.round, frozenAt }
  const draft = draftOf(content, facts, place)
  const onRateLimit = deps.limits.of({ tenantId, connectionId: facts.connection.id })
  const signal = cancellationSignal()
  const call = { http: deps.http, signal, onRateLimit, media: deps.media(tenantId) }
  const ids = { tenantId, targetId, part: step.part }
  try {
    const kept = facts.checkpoint
    const made = await preparePart(deps, { ids, kept, connector, draft, access, call })
    return { outcome: 'prepared', ...made }
  } catch (error) {
    const { id: connectionId, tokenVersion } = facts.connection
    const connection = { tenantId, connectionId, tokenVersion }
    return explainPrepareFailure(deps, input, { ids, connection }, error)
  }
}

function needsFreshToken({ facts, state }: Loaded): PublishResult {
  return { outcome: 'needs_token', tokenVersion: facts.connection.tokenVersion, post: state }
}

function needsToken(deps: ActivityDeps, facts: PublishFacts, input: PublishInput): boolean {
  const { expiresAt } = facts.connection
  if (expiresAt === null || input.tokenIsFresh) return false
  const sendsAt = Math.max(input.dueAt ?? 0, Date.now())
  return expiresAt.getTime() < sendsAt + deps.timing.tokenMarginMs
}

/** Waiting is left to the server: a limited connection holds no slot that others could use. */
function obeyLimit(facts: PublishFacts, input: PublishInput): void {
  const until = facts.connection.rateLimitedUntil?.getTime() ?? 0
  if (until - Math.max(Date.now(), input.dueAt ?? 0) <= 0) return
  const message = `The platform limits this account until ${new Date(until).toISOString()}.`
  throw retryAt(until + 1, 'rate_limited', message)
}

async function refuse(
  deps: ActivityDeps,
  input: PublishInput,
  obstacle: Obstacle,
): Promise<Staged> {
  tryAtDue(input, obstacle)
  return answer({ outcome: 'ended', post: await giveUp(deps, input, obstacle) })
}

/** The thread ends with what is out: it was made shorter before it was tried again. */
async function nothingLeft(
  deps: ActivityDeps,
  input: PublishInput,
  { parts }: TargetContent,
  { nextPart }: PublishFacts,
): Promise<Staged> {
  if (parts.length < nextPart) return refuse(deps, input, { code: 'thread_changed' })
  tryAtDue(input, { code: 'thread_changed' })
  const post = await deps.db.withTenant(input.tenantId, (em) => finishTarget(em, input))
  return answer({ outcome: 'ended', post })
}

/** What cannot be sent as things stand; an aside is left out with a warning. */
async function refusePart(
  deps: ActivityDeps,
  input: PublishInput,
  step: PartStep,
  obstacle: Obstacle,
): Promise<Staged> {
  tryAtDue(input, obstacle)
  const post = await dropPart(deps, input, step, obstacle)
  return post.isOver ? answer({ outcome: 'ended', post: post.state }) : { step: 'again' }
}

/** Known long before the due instant, told at it: the account may be reconnected in between. */
function tryAtDue({ dueAt }: PublishInput, { code }: Obstacle): void {
  if (dueAt === null || Date.now() >= dueAt) return
  const message = 'This cannot be published as things stand; it is looked at again when it is due.'
  throw retryAt(dueAt, code, message)
}

/** An earlier execution opened an attempt: only its record may say what becomes of it. */
async function begun(deps: ActivityDeps, input: PublishInput): Promise<Staged> {
  const { tenantId, targetId, postId } = input
  const { state, attempt } = await deps.db.withTenant(tenantId, async (em) => ({
    state: await loadPostState(em, tenantId, postId),
    attempt: await undecidedAttempt(em, tenantId, targetId),
  }))
  const target = state?.targets.find((candidate) => candidate.id === targetId)
  if (target?.status !== 'publishing') return answer({ outcome: 'ended', post: state ?? null })
  if (attempt?.accepted != null) return { step: 'accepted', attempt }
  const post = await giveUp(deps, input, { code: 'worker_lost' })
  return answer({ outcome: 'ended', post })
}

function answer(result: PublishResult): Staged {
  return { step: 'answer', result }
}
