import { randomUUID } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { violatedConstraint } from '../../db/database-errors.ts'
import { Post } from '../../db/entities/post.ts'
import { PostApproval } from '../../db/entities/post-approval.ts'
import { PostEvent } from '../../db/entities/post-event.ts'
import { PostTarget } from '../../db/entities/post-target.ts'
import { User } from '../../db/entities/user.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { decide } from '../../domain/post-commands.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { Requester } from '../contract/operation.ts'
import type { CreatePostBody } from '../contract/schemas/posts.ts'
import type { TenantRules } from '../presenters/post-facts.ts'
import type { PlannedTarget } from './plan-targets.ts'
import { keepPostMedia } from './post-media.ts'
import type { ResolvedTime } from './resolve-time.ts'

/** A checked request: targets exist and can publish, the content fits, the time is resolved. */
export interface NewPost {
  body: CreatePostBody
  publish: 'draft' | 'schedule' | 'now'
  time: ResolvedTime
  targets: PlannedTarget[]
  rules: TenantRules
  /** How long before its instant its files begin to be uploaded. */
  prepareMs: number
}

/** `scheduled_at_past` and `approval_required` are the state machine's. */
export type InsertErrors =
  | 'external_id_taken'
  | 'scheduled_at_past'
  | 'approval_required'
  | 'validation_failed'

/** `state` is what the workflow is started with; `outboxId` what is marked once it was. */
export interface Inserted {
  postId: string
  outboxId: string
  state: PostState
}

/** Row, targets, event, approval request and outbox message of a new post, as one transaction. */
export async function insertPost(
  requester: Requester<InsertErrors>,
  em: EntityManager,
  input: NewPost,
): Promise<Inserted> {
  const { actor } = requester
  const { tenantId, userId } = actor
  const postId = randomUUID()
  const state = initialState(requester, input)
  await assertOwner(requester, em, input.body.owner_id)
  await insertRow(requester, em, postId, input, state)
  await em.insertMany(
    PostTarget,
    input.targets.map((target, position) => ({
      id: state.targets[position]?.id ?? randomUUID(),
      tenantId,
      postId,
      connectionId: target.connection.id,
      platform: target.connection.platform,
      position,
      content: target.content,
      settings: target.settings,
      status: state.targets[position]?.status ?? 'pending',
    })),
  )
  const targets = input.targets.map(({ settings }, position) => ({
    id: state.targets[position]?.id ?? '',
    settings,
  }))
  await keepPostMedia(em, { tenantId, postId }, input.body.media ?? [], targets)
  const detail = {
    to: state.status,
    ...(state.scheduledAt === null ? {} : { at: new Date(state.scheduledAt).toISOString() }),
  }
  await em.insert(PostEvent, { tenantId, postId, seq: 1, type: 'created', detail, actor: userId })
  if (state.approvalStatus === 'pending') {
    const request = { tenantId, postId, revision: 1, decision: 'requested' as const }
    await em.insert(PostApproval, { ...request, byUserId: userId, actor: userId, effective: true })
  }
  // Same transaction as the row: should the process die next, the relay starts the workflow.
  const outboxId = await enqueue(em, { tenantId, kind: 'post_start', aggregateId: postId })
  return { postId, outboxId, state }
}

/** What the pure state machine makes of a draft with these wishes; throws its refusal. */
function initialState(requester: Requester<InsertErrors>, input: NewPost): PostState {
  const nowMs = requester.deps.now()
  const draft = draftState(requester, input)
  if (input.publish === 'draft') return draft
  const at = input.time.at?.getTime() ?? Number.NaN
  const decision = decide(
    draft,
    input.publish === 'now' ? { type: 'publish' } : { type: 'schedule', at },
    nowMs,
  )
  if (decision.ok) return { ...decision.next, revision: 1 }
  throw refuse(requester, decision.code)
}

function draftState(requester: Requester<InsertErrors>, input: NewPost): PostState {
  const { rules, time, publish, body, prepareMs } = input
  return {
    status: 'draft',
    revision: 1,
    seq: 1,
    // "Now" overrides a time: a post must not be late from the start.
    scheduledAt: publish === 'now' ? null : (time.at?.getTime() ?? null),
    approvalRequired: body.approval_required ?? false,
    approvalStatus: null,
    authorId: requester.actor.userId,
    ...rules,
    ...(prepareMs > 0 ? { prepareMs } : {}),
    targets: input.targets.map(({ connection }) => ({
      id: randomUUID(),
      connectionId: connection.id,
      platform: connection.platform,
      status: 'pending',
      failureCode: null,
      retryable: false,
    })),
  }
}

function refuse(requester: Requester<InsertErrors>, code: ErrorCode) {
  switch (code) {
    case 'scheduled_at_past':
    case 'approval_required':
      return requester.fail(code)
    default:
      return new Error(`A new draft cannot be refused with ${code}`)
  }
}

async function insertRow(
  requester: Requester<'external_id_taken'>,
  em: EntityManager,
  postId: string,
  { body, time, publish }: NewPost,
  state: PostState,
): Promise<void> {
  const { tenantId, userId } = requester.actor
  await assertExternalId(requester, em, body.external_id)
  const row = {
    id: postId,
    tenantId,
    content: body.content ?? '',
    status: state.status,
    approvalRequired: state.approvalRequired,
    approvalStatus: state.approvalStatus,
    scheduledAt: state.scheduledAt === null ? null : new Date(state.scheduledAt),
    timezone: time.timezone ?? 'UTC',
    publishStartedAt: publish === 'now' ? new Date(requester.deps.now()) : null,
    campaign: body.campaign ?? null,
    notes: body.notes ?? null,
    externalId: body.external_id ?? null,
    ownerId: body.owner_id ?? null,
    createdBy: userId,
    updatedBy: userId,
    revision: state.revision,
    seq: state.seq,
  }
  try {
    await em.insert(Post, row)
  } catch (error) {
    if (violatedConstraint(error) !== 'posts_external_id_unique') throw error
    // The winner committed between the check and the insert.
    throw requester.fail('external_id_taken', { cause: error })
  }
}

/** Names the post that has the external id, so that a client that lost an answer finds its post. */
export async function assertExternalId(
  requester: Requester<'external_id_taken'>,
  em: EntityManager,
  externalId: string | null | undefined,
  exceptPostId?: string,
): Promise<void> {
  if (externalId == null) return
  const other = await em.findOne(Post, { externalId })
  if (other === null || other.id === exceptPostId) return
  throw requester.fail('external_id_taken', {
    detail: `The post ${other.id} has this external_id.`,
  })
}

/** Throws `validation_failed` unless the owner is a user of this tenant. */
export async function assertOwner(
  requester: Requester<'validation_failed'>,
  em: EntityManager,
  ownerId: string | null | undefined,
): Promise<void> {
  if (ownerId == null || (await em.count(User, { id: ownerId })) > 0) return
  const error = { path: 'owner_id', code: 'unknown_user', message: 'There is no such user.' }
  throw requester.fail('validation_failed', { detail: error.message, errors: [error] })
}
