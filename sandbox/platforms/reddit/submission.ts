import type { Account } from '../../core/accounts.ts'
import { type Community, canRead, findCommunity, isContributor } from './communities.ts'
import { NOT_ALLOWED, type RedditError } from './errors.ts'
import type { RedditPost } from './store.ts'

/** https://www.reddit.com/dev/api#POST_api_submit : 300; 40,000 is of the site */
const MAX_TITLE_CHARS = 300
const MAX_TEXT_CHARS = 40_000

/** What a client wants to submit, before anything of it is believed. */
export interface Submission {
  sr: string
  kind: RedditPost['kind']
  title: string
  text: string
  url: string
  flairId: string
}

/** Where a post goes: a subreddit, or the author's own profile. */
export interface Place {
  name: string
  community: Community | undefined
}

/** The place a name stands for, or why nothing can be posted there. */
export function placeOf(sr: string, account: Account): Place | RedditError {
  if (sr === '') return ['SUBREDDIT_REQUIRED', 'you must specify a subreddit', 'sr']
  if (/^u_/i.test(sr)) {
    const isOwn = sr.slice(2).toLowerCase() === account.handle.toLowerCase()
    return isOwn ? { name: `u_${account.handle}`, community: undefined } : NOT_ALLOWED
  }
  const community = findCommunity(sr)
  if (community === undefined) {
    const words = "Hmm, that community doesn't exist. Try checking the spelling."
    return ['SUBREDDIT_NOEXIST', words, 'sr']
  }
  if (community.banned === 'everyone') {
    return ['BANNED_FROM_SUBREDDIT', 'You are banned from this community.', 'sr']
  }
  const isOpen = community.type === 'public' && canRead(community, account.handle)
  if (!isOpen && !isContributor(community, account.handle)) return NOT_ALLOWED
  return { name: community.name, community }
}

/** Everything that is wrong with a submission, in the order of the form. */
export function faultsOf(draft: Submission, { community }: Place): RedditError[] {
  const faults = [...titleFaults(draft), ...textFaults(draft), ...urlFaults(draft)]
  if (community === undefined) return faults
  return [...faults, ...kindFaults(draft, community), ...ruleFaults(draft, community)]
}

function titleFaults({ title }: Submission): RedditError[] {
  if (title.trim() === '') return [['NO_TEXT', 'we need something here', 'title']]
  if ([...title].length <= MAX_TITLE_CHARS) return []
  return [['TOO_LONG', `this is too long (max: ${MAX_TITLE_CHARS})`, 'title']]
}

function textFaults({ text }: Submission): RedditError[] {
  if ([...text].length <= MAX_TEXT_CHARS) return []
  return [['TOO_LONG', `this is too long (max: ${MAX_TEXT_CHARS})`, 'text']]
}

function urlFaults({ kind, url }: Submission): RedditError[] {
  if (kind !== 'link') return []
  if (url === '') return [['NO_URL', 'you need to submit a url', 'url']]
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return []
  return [['BAD_URL', 'you should check that url', 'url']]
}

function kindFaults({ kind }: Submission, { accepts }: Community): RedditError[] {
  const isText = kind === 'self' || kind === 'poll'
  if (isText && accepts === 'link') {
    return [['NO_SELFS', "that subreddit doesn't allow text posts", 'sr']]
  }
  if (!isText && accepts === 'self') {
    return [['NO_LINKS', 'that subreddit only allows text posts', 'sr']]
  }
  return []
}

/** What moderators require: https://www.reddit.com/dev/api#GET_api_v1_{subreddit}_post_requirements */
function ruleFaults(draft: Submission, community: Community): RedditError[] {
  return [
    ...titleRules(draft, community.requirements),
    ...bodyRules(draft, community.requirements),
    ...linkRules(draft, community.requirements),
    ...flairRules(draft, community),
  ]
}

function titleRules({ title }: Submission, rules: Community['requirements']): RedditError[] {
  const faults: RedditError[] = []
  const { title_text_min_length: min, title_text_max_length: max } = rules
  const length = [...title].length
  if (typeof min === 'number' && length < min) {
    faults.push(validation('MIN_LENGTH', `Your title must be at least ${min} characters.`, 'title'))
  }
  if (typeof max === 'number' && length > max) {
    faults.push(validation('MAX_LENGTH', `Your title must be at most ${max} characters.`, 'title'))
  }
  const required = listOf(rules.title_required_strings)
  if (required.length > 0 && !required.some((one) => holds(title, one))) {
    const words = `Your title must contain ${required.join(' or ')}.`
    faults.push(validation('TITLE_REQUIRED_STRING', words, 'title'))
  }
  const banned = listOf(rules.title_blacklisted_strings).find((one) => holds(title, one))
  if (banned !== undefined) {
    const words = `Your title must not contain ${banned}.`
    faults.push(validation('TITLE_BLACKLISTED_STRING', words, 'title'))
  }
  return faults
}

function bodyRules({ kind, text }: Submission, rules: Community['requirements']): RedditError[] {
  const { body_restriction_policy: policy, body_text_min_length: min } = rules
  if (policy === 'notAllowed' && text !== '') {
    return [validation('BODY_NOT_ALLOWED', 'Body text is not allowed here.', 'text')]
  }
  if (kind !== 'self') return []
  if (policy === 'required' && text === '') {
    return [validation('BODY_REQUIRED', 'Your post must have body text.', 'text')]
  }
  if (typeof min !== 'number' || text === '' || [...text].length >= min) return []
  return [validation('MIN_LENGTH', `Your body must be at least ${min} characters.`, 'text')]
}

function linkRules({ kind, url }: Submission, rules: Community['requirements']): RedditError[] {
  if (kind !== 'link' || !URL.canParse(url)) return []
  const { hostname } = new URL(url)
  const isBanned = listOf(rules.domain_blacklist).some(
    (one) => hostname === one || hostname.endsWith(`.${one}`),
  )
  if (!isBanned) return []
  return [['DOMAIN_BANNED', `${hostname} is not allowed in this community`, 'url']]
}

function flairRules({ flairId }: Submission, { flairs, requirements }: Community): RedditError[] {
  if (flairId === '') {
    if (requirements.is_flair_required !== true) return []
    return [validation('FLAIR_REQUIRED', 'Your post must contain post flair.', 'flair')]
  }
  if (flairs.some(({ id }) => id === flairId)) return []
  return [['BAD_FLAIR_TEMPLATE_ID', 'that flair template does not exist', 'flair_id']]
}

function validation(code: string, words: string, field: string): RedditError {
  return [`SUBMIT_VALIDATION_${code}`, words, field]
}

function listOf(rule: unknown): string[] {
  return Array.isArray(rule) ? rule.map(String) : []
}

function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase())
}
