import type { ErrorCode } from '../../domain/errors.ts'
import type { PostState } from '../../domain/post-state.ts'
import type { Requester } from '../contract/operation.ts'
import { postActions } from '../presenters/post.ts'

/** All that the state machine may say to a command of the API. */
export const COMMAND_ERRORS = [
  'not_found',
  'illegal_transition',
  'already_publishing',
  'approval_required',
  'approval_not_required',
  'approval_not_pending',
  'approval_already_pending',
  'already_approved',
  'self_approval',
  'scheduled_at_past',
  'nothing_to_retry',
  'target_not_unconfirmed',
  'precondition_failed',
] as const satisfies readonly ErrorCode[]
export type CommandError = (typeof COMMAND_ERRORS)[number]

/** A refusal with the state that refused and what it would allow. */
export function refusal(requester: Requester<CommandError>, state: PostState, code: ErrorCode) {
  const isLate = code === 'illegal_transition' && state.status === 'queued'
  const told = isLate ? 'already_publishing' : COMMAND_ERRORS.find((known) => known === code)
  if (told === undefined)
    return new Error(`decide() refused with ${code}, which no command declares`)
  return requester.fail(told, {
    currentStatus: state.status,
    allowedActions: postActions(state, requester.actor.userId, requester.deps.now()),
  })
}
