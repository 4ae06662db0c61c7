import { allowedActions } from '../domain/post-commands.ts'
import type { PostState } from '../domain/post-state.ts'
import { heldReason } from '../domain/post-state.ts'
import type { PostProcess } from './post-process.ts'

/** One screen for an operator in the Temporal UI: state, due, targets, what to do next. */
export function postCard(post: PostProcess, nowMs: number): string {
  const { state } = post
  const due = state.scheduledAt === null ? 'not scheduled' : instant(state.scheduledAt)
  const lines = [
    `### ${state.status}${state.approvalStatus ? ` · approval ${state.approvalStatus}` : ''}`,
    `Due: **${due}** · revision ${state.revision}`,
    '',
    '| target | platform | status | failure |',
    '|---|---|---|---|',
    ...state.targets.map(
      (t) => `| ${t.id} | ${t.platform} | ${t.status} | ${t.failureCode ?? ''} |`,
    ),
    '',
    `What to do: ${advice(state, nowMs)}`,
    ...(post.note ? ['', `Last note: ${post.note}`] : []),
    '',
    `Signals and updates that are legal now: ${allowedActions(state, nowMs).join(', ') || 'none'}`,
  ]
  return lines.join('\n')
}

export function needsAttention(state: PostState): boolean {
  return ['failed', 'partially_published', 'unconfirmed'].includes(state.status)
}

function advice(state: PostState, nowMs: number): string {
  switch (state.status) {
    case 'failed':
    case 'partially_published':
      return 'see failure_reason of the targets, mend its cause, then `retry`.'
    case 'unconfirmed':
      return 'look at the account; then `resolve` with targetId and as: published or not_published.'
    case 'scheduled': {
      const due = (state.scheduledAt ?? nowMs) <= nowMs
      const held = due ? heldReason(state, nowMs) : undefined
      return held
        ? `it is due but held (${held}): \`approve\` or \`reschedule\`.`
        : 'nothing, it waits.'
    }
    default:
      return 'nothing.'
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
