import type { AccountLimits, Cap, Connector, Content, Finding } from './connector.ts'

/** How many posts of the account lie in the window that ends with this one, by window. */
export interface AccountUse {
  /** Posts sent or planned within `windowMs` before the instant in question. */
  postsWithin(windowMs: number): number
}

/**
 * The one judgement of content: what `validate`, create, change, schedule and the last look before
 * sending all ask. Paths are relative to the target; words are for a marketer.
 */
export function checkContent(
  connector: Connector,
  content: Content,
  account: AccountLimits = {},
  use?: AccountUse,
): Finding[] {
  return [
    ...threadFindings(connector, content),
    ...commentFindings(connector, content),
    ...connector.validate(content, account),
    ...(use ? capFindings(connector, use) : []),
  ]
}

/** The caps that one more post would break. */
export function brokenCaps(connector: Pick<Connector, 'limits'>, use: AccountUse): Cap[] {
  return (connector.limits.caps ?? []).filter((cap) => use.postsWithin(cap.windowMs) >= cap.posts)
}

function capFindings(connector: Connector, use: AccountUse): Finding[] {
  return brokenCaps(connector, use).map(({ posts, windowMs }) => ({
    code: 'daily_cap',
    path: 'scheduled_at',
    message: `This account has ${posts} posts within ${windowOf(windowMs)} already, which is all the platform allows. Choose another time.`,
  }))
}

function windowOf(windowMs: number): string {
  const [hours, minutes] = [windowMs / 3_600_000, windowMs / 60_000]
  if (hours >= 1) return hours === 1 ? 'an hour' : `${hours} hours`
  return minutes === 1 ? 'a minute' : `${minutes} minutes`
}

function threadFindings({ limits }: Connector, { thread }: Content): Finding[] {
  if (thread.length === 0) return []
  const path = 'settings.thread'
  const { maxThreadParts } = limits
  if (maxThreadParts === undefined) {
    const message = 'This platform has no threads; put everything into one post.'
    return [{ code: 'thread_unsupported', path, message }]
  }
  if (thread.length + 1 <= maxThreadParts) return []
  const message = `A thread has at most ${maxThreadParts} parts here; this one has ${thread.length + 1}.`
  return [{ code: 'thread_too_long', path, message }]
}

function commentFindings({ limits }: Connector, { firstComment }: Content): Finding[] {
  if (firstComment === undefined) return []
  const path = 'settings.first_comment'
  const { maxFirstCommentLength: max } = limits
  if (max === undefined) {
    const message = 'This platform lets apps write no first comment; put it into the post.'
    return [{ code: 'first_comment_unsupported', path, message }]
  }
  if (firstComment.length <= max) return []
  const message = `The first comment has ${firstComment.length} characters; ${max} are allowed.`
  return [{ code: 'first_comment_too_long', path, message }]
}
