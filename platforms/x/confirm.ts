import { readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, CannotTell, Connector } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { X_DIALECT } from './errors.ts'
import { weightedLength, X_LIMITS } from './limits.ts'
import { xPost } from './permalink.ts'
import { parentOf, quoteOf, warningsOf } from './post-body.ts'
import { askX } from './request.ts'
import { fileIdsOf, isSamePost, type TimelinePost, timelineSchema } from './timeline.ts'
import { readUploads } from './upload-state.ts'

const PAGE_SIZE = 100
const MAX_PAGES = 3

/**
 * Looks for the text among the account's posts since the intent began. `absent` needs three facts:
 * the list covers the whole window, the quiet period is over, and X did not call it a duplicate.
 */
export function makeXConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    // Read before the list: a post that lands while we read must not be missed.
    const quiet = quietSince(attempt, timing)
    const { posts, complete } = await readTimeline(hosts, attempt, access, call)
    const { match, isDoubtful } = pick(posts, attempt)
    if (match) {
      const warnings = warningsOf(attempt.draft)
      return { outcome: 'found', post: xPost(hosts, access, match.id, warnings) }
    }
    if (isDoubtful) {
      return cannotTell('A post with files and without text is listed; it may be this one.')
    }
    if (attempt.failureCode === 'x_duplicate') {
      return cannotTell('X calls this text a duplicate, but no post of this attempt is listed.')
    }
    if (!complete) return cannotTell('X did not list all posts of the time in question.')
    if (!quiet) return cannotTell('The post may still appear; Clarion looks again.')
    return { outcome: 'absent' }
  }
}

/**
 * The listed post that is this attempt's. Files tell posts without text apart; an earlier try of
 * the same intent may have uploaded them under other ids, so with a text they only decide a tie.
 */
function pick(
  posts: readonly TimelinePost[],
  { draft, excludedPostIds, prepared }: Attempt,
): { match?: TimelinePost | undefined; isDoubtful: boolean } {
  const excluded = new Set(excludedPostIds)
  const wanted = {
    text: draft.text,
    fileCount: draft.media.length,
    parentId: parentOf(draft),
    quoteId: quoteOf(draft),
  }
  const candidates = posts.filter((post) => !excluded.has(post.id) && isSamePost(post, wanted))
  const ids = new Set(readUploads(prepared).map(({ id }) => id))
  const certain = candidates.find((post) => fileIdsOf(post).some((id) => ids.has(id)))
  if (certain || draft.text.trim() !== '') {
    return { match: certain ?? candidates[0], isDoubtful: false }
  }
  return { isDoubtful: candidates.length > 0 }
}

/** https://docs.x.com/x-api/users/get-posts */
async function readTimeline(
  hosts: PlatformHosts,
  attempt: Attempt,
  access: Access,
  call: Call,
): Promise<{ posts: TimelinePost[]; complete: boolean }> {
  const posts: TimelinePost[] = []
  let token: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const read = await readPage(hosts, attempt, access, call, token)
    posts.push(...(read.data ?? []))
    if (read.errors && read.errors.length > 0) break
    token = read.meta.next_token
    // X ignores names of fields that it does not know, and without fields no post can be told.
    if (!token) return { posts, complete: posts.every(({ created_at }) => created_at) }
  }
  return { posts, complete: false }
}

async function readPage(
  hosts: PlatformHosts,
  attempt: Attempt,
  access: Access,
  call: Call,
  token: string | undefined,
) {
  const isLong = weightedLength(attempt.draft.text) > X_LIMITS.maxTextLength
  const url = urlBelow(
    hosts.apiBaseUrl,
    `/2/users/${encodeURIComponent(access.accountId)}/tweets`,
    {
      max_results: String(PAGE_SIZE),
      start_time: windowStart(attempt)
        .toISOString()
        .replace(/\.\d+Z$/, 'Z'),
      exclude: 'retweets',
      'tweet.fields': `created_at,text,entities,referenced_tweets,attachments${isLong ? ',note_tweet' : ''}`,
      pagination_token: token,
    },
  )
  return readJson(X_DIALECT, await askX({ method: 'GET', url }, access, call), timelineSchema)
}

function cannotTell(message: string): CannotTell {
  return { outcome: 'cannot_tell', message }
}
