import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow'
import { errands } from './activity-proxies.ts'
import type { ErrandInput, LookResult } from './contract.ts'
import { tokenForErrand } from './errand-token.ts'

type Target = ErrandInput['targets'][number]
type Look = LookResult[number]

/** Asks every platform of a post whether it still has it. Reads only. */
export function lookUpPostWorkflow(input: ErrandInput): Promise<LookResult> {
  return Promise.all(input.targets.map((target) => lookAt(input, target)))
}

async function lookAt(input: ErrandInput, target: Target): Promise<Look> {
  const { tenantId } = input
  const { connectionId } = target
  const ref = { tenantId, postId: input.postId, targetId: target.id }
  try {
    const { lookAtPlatform } = errands(target.platform)
    const first = await lookAtPlatform({ ...ref, tokenIsFresh: false })
    if (first.outcome === 'seen') return { targetId: target.id, ...first.look }
    const wanted = { tenantId, connectionId, staleVersion: first.tokenVersion }
    if (!(await tokenForErrand(wanted))) return unknown(target, 'needs_reconnect')
    const again = await lookAtPlatform({ ...ref, tokenIsFresh: true })
    return again.outcome === 'seen'
      ? { targetId: target.id, ...again.look }
      : unknown(target, 'needs_reconnect')
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    const { cause } = error
    const code = cause instanceof ApplicationFailure ? cause.type : undefined
    return unknown(target, code ?? 'gave_up')
  }
}

function unknown({ id }: Target, code: string): Look {
  return { targetId: id, state: 'unknown', permalink: null, code }
}
