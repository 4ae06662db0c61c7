import { PlatformFailure } from '../../domain/failures.ts'
import type { Attempt, CannotTell, Confirmation, Refused } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { commentOf } from './comments.ts'
import { DUPLICATE } from './errors.ts'
import { canRead, findComment, findPost, postOf, postSchema } from './listing.ts'
import { linkedinPost } from './posts.ts'
import { type Account, inPath, readRest } from './rest.ts'

/**
 * A duplicate refusal names the post that is there; else an organization's list is searched. Members'
 * posts cannot be read by apps, so a lost answer for them ends with a person.
 */
export async function confirm(
  account: Account,
  attempt: Attempt,
  timing: ConfirmTiming,
): Promise<Confirmation> {
  const { draft, accepted } = attempt
  if (accepted?.duplicate_of) return judgeDuplicate(account, attempt, accepted.duplicate_of)
  if (!canRead(account)) return cannotTell(UNREADABLE)
  // Read before the list: a post that lands while we read must not be missed.
  const quiet = quietSince(attempt, timing)
  const isComment = draft.role === 'comment'
  const search = await searchOrHidden(() =>
    isComment ? findComment(account, attempt) : findPost(account, attempt),
  )
  if (search === undefined) return cannotTell(UNREADABLE)
  if (search === 'gone') return cannotTell('LinkedIn does not show the post any more.')
  if (search.match !== undefined) {
    const post = isComment
      ? commentOf(account, postOf(draft), search.match)
      : linkedinPost(account.hosts, search.match)
    return { outcome: 'found', post }
  }
  if (attempt.failureCode === DUPLICATE) {
    return cannotTell('LinkedIn calls the post a duplicate, but it is not listed.')
  }
  if (!search.complete)
    return cannotTell('LinkedIn did not list all posts of the time in question.')
  if (!quiet) return cannotTell('The post may still appear; Clarion looks again.')
  return { outcome: 'absent' }
}

const UNREADABLE =
  'LinkedIn does not let apps read these posts. Look at the account’s newest posts.'

/**
 * The post that LinkedIn named. Made in this publish, it is ours; older, or deleted (deleted posts
 * block their text for a day or two), nothing new was published.
 */
async function judgeDuplicate(
  account: Account,
  attempt: Attempt,
  urn: string,
): Promise<Confirmation> {
  const post = linkedinPost(account.hosts, urn)
  const there = `It is at ${post.permalink}.`
  if (attempt.excludedPostIds?.includes(urn)) return refused(there)
  const seen = canRead(account)
    ? await searchOrHidden(() => readRest(account, { path: `/posts/${inPath(urn)}` }, postSchema))
    : undefined
  if (seen === 'gone') return refused('That one was deleted; LinkedIn remembers it for two days.')
  const madeAt = seen?.createdAt ?? timeOf(urn)
  if (madeAt === undefined) {
    return cannotTell(`LinkedIn says that this post is there already. ${there} Have a look.`)
  }
  return madeAt < windowStart(attempt).getTime() ? refused(there) : { outcome: 'found', post }
}

/** LinkedIn's first years; numbers of before are no times. */
const EARLIEST_MS = Date.UTC(2010, 0)

/**
 * Epoch milliseconds at which a post was made. Its number begins with them, as samples show:
 * https://learn.microsoft.com/en-us/linkedin/compliance/integrations/compliance-events/entity-monitoring
 */
function timeOf(urn: string): number | undefined {
  const number = /:(\d{15,19})$/.exec(urn)?.[1]
  if (number === undefined) return undefined
  const timeMs = Number(BigInt(number) >> 22n)
  return timeMs >= EARLIEST_MS ? timeMs : undefined
}

function refused(more: string): Refused {
  const message = `LinkedIn refused to publish the same post twice. ${more} Change the text to publish it again.`
  return { outcome: 'refused', code: DUPLICATE, message }
}

/** Undefined when the token may not read, `gone` when there is no such thing. */
async function searchOrHidden<Result>(
  search: () => Promise<Result>,
): Promise<Result | 'gone' | undefined> {
  try {
    return await search()
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    if (error.code === 'linkedin_forbidden') return undefined
    if (error.code === 'linkedin_not_found') return 'gone'
    throw error
  }
}

function cannotTell(message: string): CannotTell {
  return { outcome: 'cannot_tell', message }
}
