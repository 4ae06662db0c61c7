import { z } from 'zod'
import type { RedditSettings } from './limits.ts'

const words = z.array(z.string()).nullish()
const count = z.number().nullish()

/** https://www.reddit.com/dev/api/#GET_api_v1_{subreddit}_post_requirements */
export const requirementsSchema = z.object({
  is_flair_required: z.boolean().nullish(),
  title_text_min_length: count,
  title_text_max_length: count,
  title_required_strings: words,
  title_blacklisted_strings: words,
  body_restriction_policy: z.string().nullish(),
  body_text_min_length: count,
  body_text_max_length: count,
  body_required_strings: words,
  body_blacklisted_strings: words,
  domain_blacklist: words,
  domain_whitelist: words,
})

export type Requirements = Partial<z.output<typeof requirementsSchema>>

type Problem = readonly [code: string, message: string]

/** The first requirement of the moderators that a post does not meet. */
export function requirementsProblem(
  requirements: Requirements,
  text: string,
  { title, link }: RedditSettings,
): Problem | undefined {
  return (
    titleProblem(requirements, title) ??
    bodyProblem(requirements, text) ??
    (link === undefined ? undefined : domainProblem(requirements, link))
  )
}

function titleProblem(asked: Requirements, title: string): Problem | undefined {
  const code = 'reddit_title_rules'
  const length = [...title].length
  const { title_text_min_length: min, title_text_max_length: max } = asked
  if (min && length < min) return [code, `a title needs at least ${min} characters.`]
  if (max && length > max) return [code, `a title has at most ${max} characters.`]
  const required = asked.title_required_strings ?? []
  if (required.length > 0 && !required.some((one) => holds(title, one))) {
    return [code, `a title must hold one of: ${required.join(', ')}.`]
  }
  const banned = asked.title_blacklisted_strings?.find((one) => holds(title, one))
  return banned === undefined ? undefined : [code, `a title may not hold “${banned}”.`]
}

function bodyProblem(asked: Requirements, text: string): Problem | undefined {
  const code = 'reddit_text_rules'
  const length = [...text].length
  const { body_restriction_policy: policy } = asked
  if (policy === 'required' && length === 0) return [code, 'a post needs a text.']
  if (policy === 'notAllowed' && length > 0) {
    return [code, 'posts have a title only; leave out the text.']
  }
  if (length === 0) return undefined
  const { body_text_min_length: min, body_text_max_length: max } = asked
  if (min && length < min) return [code, `a text needs at least ${min} characters.`]
  if (max && length > max) return [code, `a text has at most ${max} characters.`]
  const required = asked.body_required_strings ?? []
  if (required.length > 0 && !required.some((one) => holds(text, one))) {
    return [code, `a text must hold one of: ${required.join(', ')}.`]
  }
  const banned = asked.body_blacklisted_strings?.find((one) => holds(text, one))
  return banned === undefined ? undefined : [code, `a text may not hold “${banned}”.`]
}

function domainProblem(asked: Requirements, link: string): Problem | undefined {
  const host = URL.parse(link)?.hostname ?? ''
  const isOf = (domain: string) => host === domain || host.endsWith(`.${domain}`)
  const allowed = asked.domain_whitelist ?? []
  const isBanned = asked.domain_blacklist?.some(isOf) === true
  if (!isBanned && (allowed.length === 0 || allowed.some(isOf))) return undefined
  return ['reddit_domain_rules', `links to ${host} are not allowed.`]
}

function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase())
}
