import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow'
import { errands, rows } from './activity-proxies.ts'
import type { ErrandInput, RemoveResult } from './contract.ts'
import { tokenForErrand } from './errand-token.ts'

type Target = ErrandInput['targets'][number]
type Failed = RemoveResult['failed'][number]

/** Deletes a post at its platforms; when nothing is left anywhere, in Clarion too. */
export async function removePostWorkflow(input: ErrandInput): Promise<RemoveResult> {
  const ends = await Promise.all(input.targets.map((target) => removeOne(input, target)))
  const failed = ends.filter((end) => end !== undefined)
  const isFailed = (id: string) => failed.some(({ targetId }) => targetId === id)
  const removed = input.targets.map(({ id }) => id).filter((id) => !isFailed(id))
  const { tenantId, postId, actorId } = input
  const isHidden =
    failed.length === 0 && (await rows.hideRemovedPost({ tenantId, postId, actorId }))
  return { removed, failed, isHidden }
}

/** Undefined when the platform no longer has it. */
async function removeOne(input: ErrandInput, target: Target): Promise<Failed | undefined> {
  const { tenantId } = input
  const { connectionId } = target
  const ref = { tenantId, postId: input.postId, targetId: target.id }
  try {
    const { removeFromPlatform } = errands(target.platform)
    const first = await removeFromPlatform({ ...ref, tokenIsFresh: false })
    if (first.outcome === 'removed') return undefined
    const wanted = { tenantId, connectionId, staleVersion: first.tokenVersion }
    const isFresh = await tokenForErrand(wanted)
    if (!isFresh)
      return failure(target, 'needs_reconnect', 'Reconnect the account, then delete again.')
    await removeFromPlatform({ ...ref, tokenIsFresh: true })
    return undefined
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    const { cause } = error
    const known = cause instanceof ApplicationFailure ? cause : undefined
    return failure(target, known?.type ?? 'gave_up', known?.message ?? 'It could not be deleted.')
  }
}

function failure({ id }: Target, code: string, message: string): Failed {
  return { targetId: id, code, message }
}
