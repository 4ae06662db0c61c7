import type { PostCommand } from '../domain/post-commands.ts'
import type { PostCommandArgs, PostCommandName } from './contract.ts'

/** A command from the arguments of an Update or Signal; a string says what is wrong with them. */
export function parsePostCommand(
  name: PostCommandName,
  args: PostCommandArgs,
): PostCommand | string {
  switch (name) {
    case 'schedule':
    case 'reschedule':
      return withInstant(args, (at) => ({ type: name, at }))
    case 'retry':
      if (args.at === undefined) return { type: 'retry', targetIds: args.targetIds }
      return withInstant(args, (at) => ({ type: 'retry', at, targetIds: args.targetIds }))
    case 'approve':
    case 'reject':
      return { type: name, actorId: args.actorId ?? null }
    case 'resolve':
      return parseResolve(args)
    default:
      return { type: name }
  }
}

function withInstant(
  args: PostCommandArgs,
  make: (at: number) => PostCommand,
): PostCommand | string {
  const at = Date.parse(args.at ?? '')
  if (Number.isNaN(at)) return 'Give "at" as an RFC 3339 instant, such as 2026-12-01T09:00:00Z.'
  return make(at)
}

function parseResolve({ targetId, as, platformPostId }: PostCommandArgs): PostCommand | string {
  if (targetId === undefined) return 'Give "targetId", the target to resolve.'
  if (as === 'not_published') return { type: 'resolve', targetId, as }
  if (as === 'published' && platformPostId) return { type: 'resolve', targetId, as, platformPostId }
  return 'Give "as": "not_published", or "as": "published" with "platformPostId".'
}
