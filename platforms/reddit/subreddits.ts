import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { AccountAccess, Destination } from '../authorizer.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { readReddit } from './client.ts'
import { type Me, readMe } from './identity.ts'

/** https://www.reddit.com/dev/api/#GET_subreddits_mine_{where} */
const PAGE_SIZE = 100
/** Accounts may follow thousands; whoever is not listed can still be named. */
const MAX_PAGES = 10

const subredditSchema = z.object({
  display_name: z.string().min(1),
  title: z.string().nullish(),
  icon_img: z.string().nullish(),
  community_icon: z.string().nullish(),
  subreddit_type: z.string().nullish(),
  submission_type: z.string().nullish(),
  user_is_banned: z.boolean().nullish(),
  user_is_moderator: z.boolean().nullish(),
  user_is_contributor: z.boolean().nullish(),
  subscribers: z.number().nullish(),
  over18: z.boolean().nullish(),
})

const listingSchema = z.object({
  data: z.object({
    after: z.string().nullish(),
    children: z.array(z.object({ data: subredditSchema })),
  }),
})

type Subreddit = z.output<typeof subredditSchema>

/** The own profile first, then moderated, then joined subreddits, each once. */
export async function listDestinations(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<Destination[]> {
  const profile = profileOf(await readMe(hosts, access, call))
  const found = new Map([[profile.id.toLowerCase(), profile]])
  for (const where of ['moderator', 'subscriber']) {
    for (const subreddit of await readAll(hosts, where, access, call)) {
      const key = subreddit.display_name.toLowerCase()
      if (!found.has(key)) found.set(key, toDestination(subreddit))
    }
  }
  return withRequirements(hosts, [...found.values()], access, call)
}

/** What moderators ask of a post: https://www.reddit.com/dev/api/#GET_api_v1_{subreddit}_post_requirements */
const requirementsSchema = z.record(z.string(), z.unknown())
/** One call each: those of an account's first subreddits are read, the others before publishing. */
const MAX_REQUIREMENTS = 40
const REQUIREMENTS_AT_ONCE = 5

async function withRequirements(
  hosts: PlatformHosts,
  destinations: readonly Destination[],
  access: AccountAccess,
  call: Call,
): Promise<Destination[]> {
  const known = [...destinations]
  const open = known.filter(({ kind, canPost }) => kind === 'subreddit' && canPost)
  for (let from = 0; from < Math.min(open.length, MAX_REQUIREMENTS); from += REQUIREMENTS_AT_ONCE) {
    const batch = open.slice(from, Math.min(from + REQUIREMENTS_AT_ONCE, MAX_REQUIREMENTS))
    await Promise.all(
      batch.map(async (one) => {
        const path = `/api/v1/${one.id}/post_requirements`
        const asked = readReddit(hosts, path, {}, requirementsSchema, access, call)
        const detail = { ...one.detail, post_requirements: await orNone(asked) }
        known[known.indexOf(one)] = { ...one, detail }
      }),
    )
  }
  return known
}

/** A subreddit that does not tell its rules is listed all the same. */
async function orNone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'rejected') return null
    throw error
  }
}

async function readAll(
  hosts: PlatformHosts,
  where: string,
  access: AccountAccess,
  call: Call,
): Promise<Subreddit[]> {
  const found: Subreddit[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { limit: String(PAGE_SIZE), after }
    const path = `/subreddits/mine/${where}`
    const { data } = await readReddit(hosts, path, query, listingSchema, access, call)
    found.push(...data.children.map((child) => child.data))
    after = data.after ?? undefined
    if (!after) break
  }
  return found
}

function profileOf(me: Me): Destination {
  const imageUrl = plainImage(me.icon_img)
  return {
    id: `u_${me.name}`,
    kind: 'profile',
    name: `u/${me.name}`,
    handle: `u/${me.name}`,
    ...(imageUrl ? { imageUrl } : {}),
    canPost: true,
  }
}

function toDestination(subreddit: Subreddit): Destination {
  const { display_name: id, title, subreddit_type, submission_type } = subreddit
  const isProfile = subreddit_type === 'user'
  const imageUrl = plainImage(subreddit.community_icon) ?? plainImage(subreddit.icon_img)
  const reason = whyNot(subreddit)
  return {
    id,
    kind: isProfile ? 'profile' : 'subreddit',
    name: title || id,
    handle: isProfile ? `u/${id.replace(/^u_/, '')}` : `r/${id}`,
    ...(imageUrl ? { imageUrl } : {}),
    canPost: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    detail: {
      subreddit_type: subreddit_type ?? null,
      submission_type: submission_type ?? null,
      moderator: subreddit.user_is_moderator === true,
      subscribers: subreddit.subscribers ?? null,
      over_18: subreddit.over18 === true,
    },
  }
}

/** Types of https://www.reddit.com/dev/api/#POST_api_site_admin; a link-only one takes no text. */
function whyNot(subreddit: Subreddit): string | undefined {
  const { subreddit_type: type, user_is_moderator, user_is_contributor } = subreddit
  if (subreddit.user_is_banned) return 'This account is banned from the subreddit.'
  if (type === 'archived') return 'This subreddit is archived and takes no new posts.'
  if (type === 'user') return 'This is the profile of somebody else.'
  if (user_is_moderator || user_is_contributor) return undefined
  if (type === 'restricted') return 'Only approved members may post in this subreddit.'
  if (type === 'private') return 'This subreddit is private; only approved members may post.'
  if (type === 'employees_only') return 'Only people who work at Reddit may post here.'
  if (type === 'gold_only' || type === 'gold_restricted') {
    return 'Only members with Reddit Premium may post in this subreddit.'
  }
  return undefined
}

/** The query of Reddit's images is a signature that runs out; an empty string is no image. */
function plainImage(url: string | null | undefined): string | undefined {
  return url?.replace(/\?.*$/, '') || undefined
}
