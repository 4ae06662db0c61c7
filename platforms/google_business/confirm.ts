import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, CannotTell, Confirmation, Connector, Refused } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { GOOGLE_BUSINESS_DIALECT } from './dialect.ts'
import { askPosts, googlePost, type LocalPost, localPostSchema, postsPath } from './local-posts.ts'

const PAGE_SIZE = '100'
const MAX_PAGES = 5
const MINUTE_MS = 60_000
/** Google reviews most posts within minutes; after that it is asked more rarely. */
const BRISK_MS = 10 * MINUTE_MS
/** Review takes a day at most: https://support.google.com/business/answer/7213077 */
const REVIEW_MS = 24 * 60 * MINUTE_MS

const listSchema = z.object({
  localPosts: z.array(localPostSchema).default([]),
  nextPageToken: z.string().optional(),
})

export const POST_REFUSED: Refused = {
  outcome: 'refused',
  code: 'google_business_post_rejected',
  message:
    'Google’s review turned this post down; it does not say why. Check text, photo and links against its rules for posts.',
}

/** A post that Google took is watched by its name; a lost one is searched in the location's list. */
export function makeGoogleBusinessConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    const name = attempt.accepted?.name
    if (name !== undefined) {
      const post = await readPost(hosts, name, access, call)
      return post ? judge(post, attempt, timing) : POST_GONE
    }
    // Read before the list: a post that lands while we read must not be missed.
    const quiet = quietSince(attempt, timing)
    const { posts, complete } = await readWindow(hosts, attempt, access, call)
    const same = posts.filter((post) => isSame(post, attempt))
    const match = same.find(({ state }) => state !== 'REJECTED') ?? same[0]
    if (match) return judge(match, attempt, timing)
    if (!complete) return cannotTell('Google did not list all posts of the time in question.')
    if (!quiet) return cannotTell('The post may still appear; Clarion looks again.')
    return { outcome: 'absent' }
  }
}

/** Undefined when there is no such post (any more). */
export async function readPost(
  hosts: PlatformHosts,
  name: string,
  access: Access,
  call: Call,
): Promise<LocalPost | undefined> {
  try {
    const answer = await askPosts(hosts, { method: 'GET', path: name }, access, call)
    return readJson(GOOGLE_BUSINESS_DIALECT, answer, localPostSchema)
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'google_business_not_found') {
      return undefined
    }
    throw error
  }
}

const POST_GONE: Refused = {
  outcome: 'refused',
  code: 'google_business_post_gone',
  message: 'Google took this post, but it was deleted before its review ended.',
}

function judge(post: LocalPost, attempt: Attempt, timing: ConfirmTiming): Confirmation {
  if (post.state === 'LIVE') return { outcome: 'found', post: googlePost(post) }
  if (post.state === 'REJECTED') return POST_REFUSED
  const ageMs = timing.now().getTime() - attempt.startedAt.getTime()
  if (ageMs > REVIEW_MS) {
    return cannotTell(
      'Google has been reviewing this post for more than a day. Look at the profile.',
    )
  }
  return {
    outcome: 'processing',
    checkAgainMs: ageMs > BRISK_MS ? 5 * MINUTE_MS : MINUTE_MS,
    message: 'Google took the post and is reviewing it.',
  }
}

/** https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts/list */
async function readWindow(
  hosts: PlatformHosts,
  attempt: Attempt,
  access: Access,
  call: Call,
): Promise<{ posts: LocalPost[]; complete: boolean }> {
  const from = windowStart(attempt)
  const posts: LocalPost[] = []
  let pageToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { pageSize: PAGE_SIZE, pageToken }
    const request = { method: 'GET' as const, path: postsPath(access), query }
    const answer = await askPosts(hosts, request, access, call)
    const read = readJson(GOOGLE_BUSINESS_DIALECT, answer, listSchema)
    posts.push(...read.localPosts)
    pageToken = read.nextPageToken || undefined
    if (!pageToken || reachesBehind(posts, from)) {
      return { posts: posts.filter((post) => createdAt(post) >= from), complete: true }
    }
  }
  return { posts: posts.filter((post) => createdAt(post) >= from), complete: false }
}

/** Google promises no order, so an old end of the list counts only when all of it is sorted. */
function reachesBehind(posts: readonly LocalPost[], from: Date): boolean {
  const times = posts.map((post) => createdAt(post).getTime())
  const isSorted = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? 0))
  return isSorted && (times.at(-1) ?? Infinity) < from.getTime()
}

/** A post without a time may be of now. */
function createdAt({ createTime }: LocalPost): Date {
  return createTime === undefined ? new Date(8.64e15) : new Date(createTime)
}

function isSame(post: LocalPost, { draft, excludedPostIds = [] }: Attempt): boolean {
  const { topic_type: topic = 'STANDARD', event } = draft.settings
  return (
    !excludedPostIds.includes(post.name) &&
    (post.topicType ?? 'STANDARD') === topic &&
    tidy(post.summary) === tidy(draft.text) &&
    tidy(post.event?.title) === tidy(titleSchema.parse(event))
  )
}

const titleSchema = z
  .object({ title: z.string() })
  .transform(({ title }) => title)
  .optional()
  .catch(undefined)

function tidy(text = ''): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}

function cannotTell(message: string): CannotTell {
  return { outcome: 'cannot_tell', message }
}
