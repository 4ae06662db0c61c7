import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Draft } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { readReddit } from './client.ts'
import { checkFlair } from './flair.ts'
import { kindOf, type RedditKind, redditSettings, subredditOf } from './limits.ts'
import { type Requirements, requirementsProblem, requirementsSchema } from './requirements.ts'

const aboutSchema = z.object({
  kind: z.string().optional(),
  data: z.object({
    display_name: z.string().optional(),
    submission_type: z.string().nullish(),
    allow_images: z.boolean().nullish(),
    allow_videos: z.boolean().nullish(),
    allow_galleries: z.boolean().nullish(),
    subreddit_type: z.string().nullish(),
    user_is_banned: z.boolean().nullish(),
    user_is_moderator: z.boolean().nullish(),
    user_is_contributor: z.boolean().nullish(),
  }),
})

type About = z.output<typeof aboutSchema>['data']

/** Throws what a subreddit would refuse, before anything is uploaded, in readable words. */
export async function assertRules(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<void> {
  const settings = parseSettings(redditSettings, draft.settings)
  const name = subredditOf(settings)
  // One's own profile has no rules.
  if (name.toLowerCase() === `u_${access.accountHandle}`.toLowerCase()) return
  const about = await readAbout(hosts, name, access, call)
  const problem = whyNotHere(about, kindOf(draft))
  if (problem) throw rejected({ code: problem[0], message: `r/${name}: ${problem[1]}` })
  const requirements = await readRequirements(hosts, name, access, call)
  const unmet = requirementsProblem(requirements, draft.text, settings)
  if (unmet) throw rejected({ code: unmet[0], message: `r/${name}: ${unmet[1]}` })
  await checkFlair({ hosts, name, settings, access, call }, requirements.is_flair_required === true)
}

/** A name that is not taken leads to the search, which is a redirect. */
async function readAbout(
  hosts: PlatformHosts,
  name: string,
  access: Access,
  call: Call,
): Promise<About> {
  try {
    return (await readReddit(hosts, `/r/${name}/about`, {}, aboutSchema, access, call)).data
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    if (error.code === 'reddit_not_found' || error.code === 'reddit_redirected') {
      const message = `There is no subreddit r/${name}, or Reddit has closed it.`
      throw rejected({ code: 'reddit_subreddit_noexist', message })
    }
    if (error.code === 'reddit_forbidden') {
      const message = `r/${name} is private: only its members may post there.`
      throw rejected({ code: 'reddit_subreddit_private', message })
    }
    throw error
  }
}

/** A subreddit that does not tell its requirements is tried all the same. */
async function readRequirements(
  hosts: PlatformHosts,
  name: string,
  access: Access,
  call: Call,
): Promise<Requirements> {
  try {
    const path = `/api/v1/${name}/post_requirements`
    return await readReddit(hosts, path, {}, requirementsSchema, access, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'rejected') return {}
    throw error
  }
}

type Problem = readonly [code: string, message: string]

function whyNotHere(about: About, kind: RedditKind): Problem | undefined {
  if (about.user_is_banned) {
    return ['reddit_banned_from_subreddit', 'this account is banned there.']
  }
  return membership(about) ?? typeProblem(about, kind)
}

function membership(about: About): Problem | undefined {
  const { subreddit_type: type, user_is_moderator, user_is_contributor } = about
  if (type === 'archived') return ['reddit_subreddit_archived', 'it takes no new posts.']
  if (user_is_moderator || user_is_contributor) return undefined
  if (type === 'restricted' || type === 'private') {
    return ['reddit_subreddit_restricted', 'only approved members may post there.']
  }
  if (type === 'user') return ['reddit_foreign_profile', 'this is the profile of somebody else.']
  return undefined
}

function typeProblem(about: About, kind: RedditKind): Problem | undefined {
  const { submission_type: type } = about
  if (type === 'link' && kind === 'self') {
    return ['reddit_no_selfs', 'it takes no text posts; add a link or a picture.']
  }
  if (type === 'self' && kind !== 'self') {
    return ['reddit_no_links', 'it takes only text posts; leave out link and files.']
  }
  if (kind === 'image' && about.allow_images === false) {
    return ['reddit_no_images', 'it takes no pictures.']
  }
  if (kind === 'gallery' && (about.allow_galleries === false || about.allow_images === false)) {
    return ['reddit_no_galleries', 'it takes no galleries.']
  }
  if (kind === 'video' && about.allow_videos === false) {
    return ['reddit_no_videos', 'it takes no videos.']
  }
  return undefined
}
