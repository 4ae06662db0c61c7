import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  isCancellation,
  sleep,
} from '@temporalio/workflow'
import type {
  FreshTokenResult,
  PublishInput,
  PublishResult,
  TargetRef,
} from '../activities/types.ts'
import type { TargetState } from '../domain/post-state.ts'
import { confirming, publishing, rows, tokens } from './activity-proxies.ts'
import type { PostWorkflowInput } from './contract.ts'
import type { PostProcess } from './post-process.ts'

/** How often a lookup is repeated: soon at first, then four times a day, until a person resolves it:
 * a month of more from a dozen targets would outgrow the history of a workflow. */
const CONFIRM_MIN_MS = 2_000
const CONFIRM_MAX_MS = 6 * 60 * 60_000
const PROCESSING_MIN_MS = 1_000
const PROCESSING_MAX_MS = 30 * 60_000
/** What the platform makes an account wait for, if only after the day that an activity is tried. */
const WAITS = ['daily_cap', 'rate_limited']
/** A token that cannot be had for this long ends the publish, which a person may retry. */
const TOKEN_PATIENCE_MS = 24 * 60 * 60_000

/** One target and the revision of the post that a publish was staged for. */
type StagedRef = TargetRef & { revision: number }

/** Publishes one target as staged for one revision; returns when the row tells how it ended. */
export async function publishTarget(
  input: PostWorkflowInput,
  post: PostProcess,
  target: TargetState,
  revision: number,
): Promise<void> {
  const { tenantId, postId } = input
  const ids = { tenantId, postId, targetId: target.id, revision }
  const seqBefore = post.state.seq
  try {
    await tryPublish(input, post, target, ids)
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    const code = codeOf(error)
    const backAtMs = WAITS.includes(code) ? retryAtOf(error) : undefined
    if (backAtMs === undefined) await giveUp(post, { ...ids, code })
    else await condition(() => post.state.revision !== revision, Math.max(1, backAtMs - Date.now()))
  }
  // The row knew nothing new: it is looked at again, but not in a tight loop.
  if (post.state.seq === seqBefore) await sleep('1 second')
}

async function tryPublish(
  input: PostWorkflowInput,
  post: PostProcess,
  target: TargetState,
  ids: StagedRef,
): Promise<void> {
  const dueAt = post.state.status === 'scheduled' ? post.state.scheduledAt : null
  const staged = { ...ids, dueAt }
  const result = await publishUntilSettled(target, { ...staged, tokenIsFresh: false })
  post.adopt(result.post, Date.now())
  if (result.outcome === 'ended') return
  const token = await freshToken(input, target, result.tokenVersion)
  if (!token) return atDue(post, ids, dueAt, 'needs_reconnect')
  const again = await publishUntilSettled(target, { ...staged, tokenIsFresh: true })
  post.adopt(again.post, Date.now())
}

/** While the platform works on a post that it took, the target is looked at now and then. */
async function publishUntilSettled(
  { platform }: TargetState,
  input: PublishInput,
): Promise<Exclude<PublishResult, { outcome: 'processing' }>> {
  const { publishToPlatform } = publishing(platform, `Publish to ${platform}`)
  for (let waitMs = PROCESSING_MIN_MS; ; waitMs = Math.min(2 * waitMs, PROCESSING_MAX_MS)) {
    const result = await publishToPlatform(input)
    if (result.outcome !== 'processing') return result
    await sleep(Math.max(waitMs, Math.min(result.againMs, PROCESSING_MAX_MS)))
  }
}

/** A person has until the due instant to mend what was found while staging. */
async function atDue(post: PostProcess, ids: StagedRef, dueAt: number | null, code: string) {
  const isStaged = () => post.state.revision === ids.revision && post.state.status === 'scheduled'
  if (dueAt !== null && Date.now() < dueAt) {
    await condition(() => !isStaged(), dueAt - Date.now())
    // Either it was changed and is staged anew, or it is due and the row says what it can do now.
    return
  }
  await giveUp(post, { ...ids, code })
}

/** Looks for a post whose answer was lost until it is found, proved absent, or a person decides. */
export async function confirmTarget(
  input: PostWorkflowInput,
  post: PostProcess,
  target: TargetState,
): Promise<void> {
  const { tenantId, postId } = input
  const ids = { tenantId, postId, targetId: target.id }
  const { confirmPublished } = confirming(target.platform)
  const isOpen = () =>
    post.state.targets.some((t) => t.id === target.id && t.status === 'unconfirmed')
  for (let tries = 0; isOpen() && !post.isParkedTooLong(Date.now()); tries++) {
    let againMs: number | undefined
    try {
      const result = await confirmPublished(ids)
      if (result.outcome === 'ended') post.adopt(result.post, Date.now())
      else if (result.outcome === 'cannot_tell') {
        post.note = result.message
        againMs = result.againMs
      } else if (!(await freshToken(input, target, result.tokenVersion))) post.note = RECONNECT
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
      post.note = `The lookup failed (${codeOf(error)}); it is repeated.`
    }
    post.touch()
    const backoffMs = Math.min(CONFIRM_MIN_MS * 2 ** Math.min(tries, 20), CONFIRM_MAX_MS)
    // A platform that is still working is asked in its own time, ever less often.
    const waitMs =
      againMs === undefined ? backoffMs : Math.max(againMs, Math.min(backoffMs, PROCESSING_MAX_MS))
    if (isOpen()) await condition(() => !isOpen(), waitMs)
  }
}

const RECONNECT = 'Reconnect the account; then Clarion can look whether the post is there.'

/** True when the connection has a newer token than the one refused. */
async function freshToken(
  input: PostWorkflowInput,
  target: TargetState,
  staleVersion: number,
): Promise<boolean> {
  const { tenantId } = input
  const { connectionId } = target
  const giveUpAt = Date.now() + TOKEN_PATIENCE_MS
  while (Date.now() < giveUpAt) {
    const answer: FreshTokenResult = await tokens.freshToken({
      tenantId,
      connectionId,
      staleVersion,
    })
    if (answer.outcome !== 'retrying') return answer.outcome === 'fresh'
    await sleep(Math.max(1_000, Date.parse(answer.nextTryAt) - Date.now()))
  }
  return false
}

async function giveUp(post: PostProcess, ref: StagedRef & { code: string }): Promise<void> {
  post.adopt(await rows.giveUpOnTarget(ref), Date.now())
}

/** The instant (epoch ms) at which a wait that outlasted its activity is over. */
function retryAtOf({ cause }: ActivityFailure): number | undefined {
  const told =
    cause instanceof ApplicationFailure ? Object(cause.details?.[0]).retryAtMs : undefined
  return typeof told === 'number' ? told : undefined
}

function codeOf(failure: ActivityFailure): string {
  const { cause } = failure
  return cause instanceof ApplicationFailure && cause.type ? cause.type : 'gave_up'
}
