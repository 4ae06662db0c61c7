import type { EntityManager } from '@mikro-orm/postgresql'
import { violatedConstraint } from '../../db/database-errors.ts'
import { Post } from '../../db/entities/post.ts'
import { PostApproval } from '../../db/entities/post-approval.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import { lockPostState } from '../../db/repositories/post-facts.ts'
import { savePost } from '../../db/repositories/save-post.ts'
import { decide } from '../../domain/post-commands.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { Requester } from '../contract/operation.ts'
import type { ChangePostBody } from '../contract/schemas/posts.ts'
import { changeTargets, plannedNow } from './change-targets.ts'
import { assertContent } from './check-content.ts'
import { assertExternalId, assertOwner } from './insert-post.ts'
import { assertSameParts, partsOut } from './parts-out.ts'
import type { PlanErrors } from './plan-targets.ts'
import { keepPostMedia, sharedMedia } from './post-media.ts'
import { findPost } from './read-post.ts'
import type { CommandError } from './refusals.ts'
import { refusal } from './refusals.ts'
import type { ResolvedTime } from './resolve-time.ts'

/** Everything an edit may answer; the operation declares the same. */
export type EditErrors = CommandError | PlanErrors | 'content_invalid' | 'external_id_taken'

/** `time` was resolved before, with the post's own zone. */
export interface Edit {
  postId: string
  expectedRevision: number | undefined
  body: ChangePostBody
  time: ResolvedTime
}

/** Fields that say nothing about what is sent: changing them needs no new approval. */
const LABELS: readonly (keyof ChangePostBody)[] = [
  'campaign',
  'notes',
  'owner_id',
  'external_id',
  'timezone',
]

/**
 * Writes a change under the row's lock, where the commit of a staged publish arbitrates too: whoever
 * is first wins. Answers the outbox id of what the workflow has to be told.
 */
export async function editPost(
  requester: Requester<EditErrors>,
  em: EntityManager,
  edit: Edit,
): Promise<string> {
  const { tenantId, userId } = requester.actor
  const { postId, body } = edit
  // From here to COMMIT no publish can be claimed: what is checked now is still so when it is
  // written.
  const before = await lockPostState(em, tenantId, postId)
  if (before === undefined) throw requester.fail('not_found')
  if (edit.expectedRevision !== undefined && edit.expectedRevision !== before.revision) {
    throw refusal(requester, before, 'precondition_failed')
  }
  const decided = isLabelsOnly(body) ? relabel(requester, before) : rewrite(requester, before, edit)
  await assertOwner(requester, em, body.owner_id)
  await assertExternalId(requester, em, body.external_id, postId)
  const out = isLabelsOnly(body) ? [] : await partsOut(requester, em, postId)
  await writeFields(requester, em, edit)
  const after = await changeTargets(requester, em, { postId, body, before, decided })
  if (!isLabelsOnly(body)) {
    await changeContent(requester, em, edit, after)
    assertSameParts(requester, out, await partsOut(requester, em, postId))
  }
  await noteReset(requester, em, postId, before, after)
  const type = isLabelsOnly(body) ? 'relabelled' : 'edited'
  const detail = { fields: Object.keys(body).sort() }
  await savePost(em, { tenantId, postId }, before, after, { type, actorId: userId, detail })
  return enqueue(em, { tenantId, kind: 'post_changed', aggregateId: postId })
}

function isLabelsOnly(body: ChangePostBody): boolean {
  return Object.keys(body).every((field) => LABELS.some((label) => label === field))
}

/** While publishing runs, a new revision would end it: labels wait like everything else. */
function relabel(requester: Requester<EditErrors>, before: PostState): PostState {
  if (before.status === 'queued') throw refusal(requester, before, 'already_publishing')
  return { ...before, revision: before.revision + 1 }
}

/** Decides the edit, then its new approval and time, each by the state machine. */
function rewrite(requester: Requester<EditErrors>, before: PostState, edit: Edit): PostState {
  const nowMs = requester.deps.now()
  const edited = decide(before, { type: 'edit' }, nowMs)
  if (!edited.ok) throw refusal(requester, before, edited.code)
  const next = withApproval(edited.next, edit.body.approval_required)
  const timed = withTime(requester, before, next, edit.time.at)
  // One change, one revision, however many parts it has.
  return { ...timed, revision: before.revision + 1 }
}

/**
 * Asking for approval of a post that is on its way makes it wait; dropping the demand drops the
 * decision.
 */
function withApproval(post: PostState, required: boolean | undefined): PostState {
  if (required === undefined || required === post.approvalRequired) return post
  if (!required) return { ...post, approvalRequired: false, approvalStatus: null }
  const approvalStatus = post.status === 'draft' ? null : ('pending' as const)
  return { ...post, approvalRequired: true, approvalStatus }
}

/** The state with another time, or `illegal_transition` where a command of its own does that. */
function withTime(
  requester: Requester<EditErrors>,
  before: PostState,
  post: PostState,
  at: Date | null | undefined,
): PostState {
  if (at === undefined) return post
  const nowMs = requester.deps.now()
  if (post.status === 'scheduled' && at !== null) {
    const moved = decide(post, { type: 'reschedule', at: at.getTime() }, nowMs)
    if (!moved.ok) throw refusal(requester, before, moved.code)
    return moved.next
  }
  // A scheduled post loses its time by `unschedule`, a failed one gets one by `retry`.
  if (post.status !== 'draft') throw refusal(requester, before, 'illegal_transition')
  if (at !== null && at.getTime() <= nowMs) throw requester.fail('scheduled_at_past')
  return { ...post, scheduledAt: at?.getTime() ?? null }
}

async function writeFields(
  requester: Requester<'external_id_taken'>,
  em: EntityManager,
  { postId, body, time }: Edit,
): Promise<void> {
  const given = {
    content: body.content,
    approvalRequired: body.approval_required,
    campaign: body.campaign,
    notes: body.notes,
    externalId: body.external_id,
    ownerId: body.owner_id,
    timezone: time.timezone,
    updatedBy: requester.actor.userId,
  }
  const fields = Object.entries(given).filter(([, value]) => value !== undefined)
  try {
    await em.nativeUpdate(Post, { id: postId }, Object.fromEntries(fields))
  } catch (error) {
    if (violatedConstraint(error) !== 'posts_external_id_unique') throw error
    throw requester.fail('external_id_taken', { cause: error })
  }
}

/**
 * Judges the content as the row has it now and keeps its files; throwing undoes the edit with its
 * transaction.
 */
async function changeContent(
  requester: Requester<EditErrors>,
  em: EntityManager,
  { postId, body }: Edit,
  { scheduledAt }: PostState,
): Promise<void> {
  // Rows read before the change would otherwise be answered from memory.
  em.clear()
  const { post, targets } = await findPost(requester, em, postId)
  const ids = { tenantId: post.tenantId, postId }
  const media = body.media ?? (await sharedMedia(em, ids))
  const at = scheduledAt === null ? null : new Date(scheduledAt)
  const planned = await plannedNow(em, targets)
  // First: what names no file, or none of ours, cannot be written as a use of it.
  await assertContent(requester, em, { content: post.content, media, at, postId }, planned)
  await keepPostMedia(em, ids, media, targets)
}

/** The history of approvals says when an edit took an approval away, or asked for one. */
async function noteReset(
  requester: Requester<EditErrors>,
  em: EntityManager,
  postId: string,
  before: PostState,
  after: PostState,
): Promise<void> {
  if (after.approvalStatus !== 'pending' || before.approvalStatus === 'pending') return
  const { tenantId, userId } = requester.actor
  await em.insert(PostApproval, {
    tenantId,
    postId,
    revision: after.revision,
    decision: before.approvalStatus === 'approved' ? 'reset' : 'requested',
    byUserId: userId,
    actor: userId,
    effective: true,
  })
}
