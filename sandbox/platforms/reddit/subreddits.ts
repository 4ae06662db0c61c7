import type { Account } from '../../core/accounts.ts'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  COMMUNITIES,
  type Community,
  canRead,
  findCommunity,
  isContributor,
  isModerator,
} from './communities.ts'
import { plainError } from './errors.ts'
import { listing } from './listing.ts'
import { presentCommunity, presentProfile } from './present.ts'
import type { RedditStore } from './store.ts'
import { callerOf } from './tokens.ts'

const RELATIONS: Record<string, (community: Community, handle: string) => boolean> = {
  subscriber: canRead,
  contributor: isContributor,
  moderator: isModerator,
}

/** Absent members mean: no such requirement. https://www.reddit.com/dev/api#GET_api_v1_{subreddit}_post_requirements */
const NO_REQUIREMENTS = {
  is_flair_required: false,
  title_text_min_length: null,
  title_text_max_length: null,
  title_required_strings: [],
  title_blacklisted_strings: [],
  title_regexes: [],
  body_text_min_length: null,
  body_text_max_length: null,
  body_required_strings: [],
  body_blacklisted_strings: [],
  body_regexes: [],
  body_restriction_policy: 'none',
  domain_blacklist: [],
  domain_whitelist: [],
  link_restriction_policy: 'none',
  link_repost_age: null,
  gallery_min_items: null,
  gallery_max_items: null,
  gallery_captions_requirement: 'none',
  gallery_urls_requirement: 'none',
  guidelines_text: null,
  guidelines_display_policy: null,
}

/** GET /subreddits/mine/{subscriber,contributor,moderator} */
export function listMine(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'mysubreddits')
  const relates = RELATIONS[req.params.where ?? '']
  if (relates === undefined) return plainError(404)
  const own = COMMUNITIES.filter((one) => relates(one, account.handle))
  const things = own.map((one) => ({ kind: 't5', data: presentCommunity(one, account, req.query) }))
  return json(200, listing(things, req.query))
}

/** GET /r/{subreddit}/about */
export function showAbout(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'read')
  const name = req.params.subreddit ?? ''
  if (name.startsWith('u_')) return aboutProfile(store, name.slice(2), account, req)
  const community = communityOf(req, account)
  return json(200, { kind: 't5', data: presentCommunity(community, account, req.query) })
}

/** Everybody's profile is a subreddit, `u_{name}`, in which only they post. */
function aboutProfile(
  store: RedditStore,
  handle: string,
  reader: Account,
  req: ApiRequest,
): Answer {
  const owner = store.state.accounts.byHandle('reddit', handle)
  if (owner === undefined) return plainError(404)
  return json(200, { kind: 't5', data: presentProfile(owner, reader, req.query) })
}

/** GET /r/{subreddit}/about/rules */
export function showRules(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'read')
  const community = communityOf(req, account)
  const rules = community.rules.map(({ name, text, kind }, priority) => ({
    kind,
    description: text,
    short_name: name,
    violation_reason: name,
    created_utc: 1_700_000_000,
    priority,
  }))
  return json(200, { rules, site_rules: ['Spam', 'Personal and confidential information'] })
}

/** GET /api/v1/{subreddit}/post_requirements */
export function showRequirements(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'submit')
  const community = communityOf(req, account)
  return json(200, { ...NO_REQUIREMENTS, ...community.requirements })
}

/** GET /r/{subreddit}/api/link_flair_v2: 403 where flair is off. */
export function listFlairs(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'flair')
  const { flairs } = communityOf(req, account)
  if (flairs.length === 0) return plainError(403)
  const look = { text_color: 'dark', background_color: '', css_class: '', allowable_content: 'all' }
  const rows = flairs.map(({ id, text }) => {
    const richtext = [{ e: 'text', t: text }]
    return { id, text, type: 'richtext', richtext, text_editable: false, mod_only: false, ...look }
  })
  return json(200, rows)
}

function communityOf(req: ApiRequest, reader: Account): Community {
  const community = findCommunity(req.params.subreddit ?? '')
  if (community === undefined) throw new Refusal(plainError(404))
  if (canRead(community, reader.handle)) return community
  throw new Refusal(plainError(403, { reason: 'private' }))
}
