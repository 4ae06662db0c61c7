import { z } from 'zod'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Committed, Confirmation, Connector } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { readReddit } from './client.ts'
import { kindOf, redditSettings, subredditOf } from './limits.ts'
import { DUPLICATE } from './post-errors.ts'
import { fullnameOf, webUrl } from './submit.ts'

const PAGE_SIZE = 100
const MAX_PAGES = 3
/** Pictures and videos are worked on before they are listed; videos take minutes. */
const MEDIA_LAG_MS = 10 * 60_000
const MEDIA_PATIENCE_MS = 60 * 60_000
const CHECK_SOON_MS = 5_000
const CHECK_LATER_MS = 30_000
const SOON_MS = 60_000

const thingSchema = z.object({
  name: z.string().optional(),
  id: z.string(),
  permalink: z.string().optional(),
  created_utc: z.number(),
  subreddit: z.string().optional(),
  title: z.string().optional(),
  body: z.string().optional(),
  selftext: z.string().nullish(),
  is_self: z.boolean().nullish(),
  url: z.string().nullish(),
  link_id: z.string().optional(),
  parent_id: z.string().optional(),
  removed_by_category: z.string().nullish(),
})

const listingSchema = z.object({
  data: z.object({
    after: z.string().nullish(),
    children: z.array(z.object({ data: thingSchema })),
  }),
})

type Thing = z.output<typeof thingSchema>

interface Context {
  hosts: PlatformHosts
  timing: ConfirmTiming
  attempt: Attempt
  access: Access
  call: Call
}

/** Looks at what the account submitted since the intent began, newest first. */
export function makeRedditConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    const context = { hosts, timing, attempt, access, call }
    // Read before the list: a post that lands while we read must not be missed.
    const quiet = quietSince(attempt, timing)
    const isPost = attempt.draft.role === 'post'
    const { things, complete } = await readThings(context, isPost ? 'submitted' : 'comments')
    const isOurs = isPost ? postMatcher(attempt) : commentMatcher(attempt)
    const alike = things.filter(isOurs)
    const match = alike.find((thing) => !isPost || hasSameBody(thing, attempt))
    if (match) return { outcome: 'found', post: found(hosts, match, isPost) }
    // Reddit may have rewritten the text, so another one under the title proves nothing.
    if (alike.length > 0) return cannotTell('A post with this title is there, with another text.')
    if (isPost && ['image', 'video'].includes(kindOf(attempt.draft))) {
      const pending = stillWorking(context)
      if (pending) return pending
    }
    if (!complete) return cannotTell('Reddit did not list all posts of the time in question.')
    if (!quiet) return cannotTell('The post may still appear; Clarion looks again.')
    return attempt.failureCode === DUPLICATE ? ALREADY_THERE : { outcome: 'absent' }
  }
}

/** The request was refused for good, and none of our own is there: somebody else's is. */
const ALREADY_THERE: Confirmation = {
  outcome: 'refused',
  code: 'reddit_already_submitted',
  message: 'This link has been posted in the subreddit already, and Reddit takes it only once.',
}

/** Undefined when the answer was lost and the time in which it would be listed is over. */
function stillWorking({ attempt, timing }: Context): Confirmation | undefined {
  const elapsedMs = timing.now().getTime() - attempt.startedAt.getTime()
  const isTaken = attempt.accepted !== undefined
  if (elapsedMs < (isTaken ? MEDIA_PATIENCE_MS : MEDIA_LAG_MS)) {
    const checkAgainMs = elapsedMs < SOON_MS ? CHECK_SOON_MS : CHECK_LATER_MS
    const message = isTaken
      ? 'Reddit is still working on the file.'
      : 'Reddit may still be working on the file; Clarion looks again.'
    return { outcome: 'processing', checkAgainMs, message }
  }
  if (!isTaken) return undefined
  return cannotTell('Reddit took the post, but does not list it. Look at the profile.')
}

/** https://www.reddit.com/dev/api/#GET_user_{username}_{where} */
async function readThings(
  { hosts, attempt, access, call }: Context,
  where: 'submitted' | 'comments',
): Promise<{ things: Thing[]; complete: boolean }> {
  const fromSeconds = windowStart(attempt).getTime() / 1000
  const path = `/user/${encodeURIComponent(access.accountHandle)}/${where}`
  const things: Thing[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { sort: 'new', limit: String(PAGE_SIZE), after }
    const { data } = await readReddit(hosts, path, query, listingSchema, access, call)
    const read = data.children.map((child) => child.data)
    const inside = read.filter(({ created_utc }) => created_utc >= fromSeconds)
    things.push(...inside)
    after = data.after ?? undefined
    if (!after || inside.length < read.length) return { things, complete: true }
  }
  return { things, complete: false }
}

function postMatcher(attempt: Attempt): (thing: Thing) => boolean {
  const settings = parseSettings(redditSettings, attempt.draft.settings)
  const subreddit = subredditOf(settings).toLowerCase()
  return (thing) =>
    thing.subreddit?.toLowerCase() === subreddit &&
    tidy(thing.title ?? '') === tidy(settings.title) &&
    !isExcluded(thing, attempt, 't3')
}

/** Of texts and links alone; what the list leaves out counts as the same. */
function hasSameBody({ is_self, selftext, url }: Thing, { draft }: Attempt): boolean {
  const kind = kindOf(draft)
  if (kind === 'self') return is_self !== false && tidy(selftext ?? draft.text) === tidy(draft.text)
  if (kind === 'link')
    return URL.parse(url ?? '')?.href === URL.parse(`${draft.settings.link}`)?.href
  return true
}

function commentMatcher(attempt: Attempt): (thing: Thing) => boolean {
  const { draft } = attempt
  const root = draft.root?.platformPostId
  return (thing) =>
    root !== undefined &&
    (thing.parent_id ?? thing.link_id) === root &&
    tidy(thing.body ?? '') === tidy(draft.text) &&
    !isExcluded(thing, attempt, 't1')
}

function isExcluded({ id, name }: Thing, attempt: Attempt, kind: 't1' | 't3'): boolean {
  const fullname = fullnameOf(name ?? id, kind)
  return attempt.excludedPostIds?.some((one) => one === fullname) === true
}

function found(hosts: PlatformHosts, thing: Thing, isPost: boolean): Committed {
  const platformPostId = fullnameOf(thing.name ?? thing.id, isPost ? 't3' : 't1')
  const permalink = thing.permalink ? webUrl(hosts, thing.permalink) : null
  if (!thing.removed_by_category) return { platformPostId, permalink }
  const message =
    'The post is at Reddit, but the filters or moderators of the subreddit took it out of sight.'
  return { platformPostId, permalink, warnings: [{ code: 'reddit_removed', message }] }
}

/** Reddit trims, and turns the line ends of browsers into plain ones. */
function tidy(text: string): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}

function cannotTell(message: string): Confirmation {
  return { outcome: 'cannot_tell', message }
}
