import type { PostCommand } from '../domain/post-commands.ts'
import type { PostCommandArgs, PostCommandName } from './contract.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** With its offset: a local time would mean another instant on each worker. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i

type Check = readonly [
  field: keyof PostCommandArgs,
  form: string,
  holds: (value: unknown) => boolean,
]

/** People type these in the Temporal UI: what the row could not take must never reach it. */
const CHECKS: readonly Check[] = [
  ['at', 'an RFC 3339 instant, such as 2026-12-01T09:00:00Z', isInstant],
  ['targetIds', 'a list of ids', (value) => Array.isArray(value) && value.every(isText)],
  ['targetId', 'an id', isText],
  ['platformPostId', 'the id that the platform gave the post', isText],
  ['permalink', 'a web address', isText],
  ['actorId', "a user's id, or null", (value) => value === null || isUuid(value)],
  ['approvalId', 'an id', isUuid],
  ['expectedRevision', 'a number', Number.isInteger],
  ['seq', 'a number', Number.isInteger],
]

/** A command from the arguments of an Update or Signal; a string says what is wrong with them. */
export function parsePostCommand(
  name: PostCommandName,
  args: PostCommandArgs,
): PostCommand | string {
  const wrong = CHECKS.find(([field, , holds]) => args[field] !== undefined && !holds(args[field]))
  if (wrong !== undefined) return `Give "${wrong[0]}" as ${wrong[1]}.`
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
  if (args.at === undefined) return 'Give "at", the instant to publish at.'
  return make(Date.parse(args.at))
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value))
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value)
}

function parseResolve({ targetId, as, platformPostId }: PostCommandArgs): PostCommand | string {
  if (targetId === undefined) return 'Give "targetId", the target to resolve.'
  if (as === 'not_published') return { type: 'resolve', targetId, as }
  if (as === 'published' && platformPostId) return { type: 'resolve', targetId, as, platformPostId }
  return 'Give "as": "not_published", or "as": "published" with "platformPostId".'
}
