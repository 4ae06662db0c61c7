import { outcomeUnknown, PlatformFailure } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type {
  Accepted,
  Committed,
  Connector,
  Draft,
  Looked,
  Prepared,
  PublishedRef,
} from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeLinkedinAuthorizer, SPREAD_MS } from './auth.ts'
import { commitComment, deleteComment, isComment } from './comments.ts'
import { confirm } from './confirm.ts'
import { DuplicateRefusal } from './errors.ts'
import { LINKEDIN_LIMITS, validateLinkedin } from './limits.ts'
import { postSchema } from './listing.ts'
import { linkedinPost, postOf } from './posts.ts'
import { prepare } from './prepare.ts'
import { type Account, askRest, inPath, readRest } from './rest.ts'
import { linkedinSettings } from './settings.ts'

export function makeLinkedinConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  // A shorter quiet period (tests) shortens this wait too.
  const spreadMs = Math.min(SPREAD_MS, timing.confirmQuietMs)
  const accountOf = <Surroundings extends Call>(access: Access, call: Surroundings) => ({
    hosts,
    access,
    call,
    spreadMs,
  })
  return {
    platform: 'linkedin',
    limits: LINKEDIN_LIMITS,
    kinds: ['text', 'link', 'image', 'album', 'video', 'document', 'poll'],
    auth: makeLinkedinAuthorizer(hosts),
    settingsSchema: describeSettings(linkedinSettings),
    validate: validateLinkedin,
    prepare: (draft, access, call, bench) => prepare(accountOf(access, call), draft, bench),
    commit: (draft, access, call, prepared) => {
      const account = accountOf(access, call)
      if (draft.role === 'comment') return commitComment(account, draft)
      return commitPost(account, draft, prepared)
    },
    confirm: (attempt, access, call) => confirm(accountOf(access, call), attempt, timing),
    remove: (post, access, call) => remove(accountOf(access, call), post),
    lookup: (post, access, call) => lookup(accountOf(access, call), post),
    whereToCheck: (handle) => `Look at the newest posts of ${handle} on LinkedIn.`,
  }
}

/**
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
 * 201 without a body, the id in a header. A duplicate refusal is judged by `confirm`.
 */
async function commitPost(
  account: Account,
  draft: Draft,
  prepared: Prepared | undefined,
): Promise<Committed | Accepted> {
  const json = postOf(draft, account.access, prepared)
  try {
    const request = { method: 'POST' as const, path: '/posts', json }
    const { headers, status } = await askRest(account, request, 'irreversible')
    const urn = headers.get('x-restli-id')
    if (urn) return linkedinPost(account.hosts, urn)
    const message = 'LinkedIn took the post and did not say which it is.'
    throw outcomeUnknown({ code: 'unreadable_answer', message, httpStatus: status })
  } catch (error) {
    if (!(error instanceof DuplicateRefusal) || error.urn === undefined) throw error
    return { accepted: { duplicate_of: error.urn } }
  }
}

/** Deleting is repeatable: what is gone answers 204 too. */
async function remove(account: Account, ref: PublishedRef): Promise<void> {
  try {
    if (isComment(ref)) await deleteComment(account, ref)
    else {
      const path = `/posts/${inPath(ref.platformPostId)}`
      await askRest(account, { method: 'DELETE', path, headers: { 'x-restli-method': 'DELETE' } })
    }
  } catch (error) {
    if (!hasCode(error, 'linkedin_not_found')) throw error
  }
}

/** Members' posts and comments cannot be read by apps. */
async function lookup(account: Account, ref: PublishedRef): Promise<Looked> {
  if (isComment(ref)) return { state: 'unknown' }
  try {
    const path = `/posts/${inPath(ref.platformPostId)}`
    const { id, lifecycleState } = await readRest(account, { path }, postSchema)
    const isLive = lifecycleState === undefined || lifecycleState === 'PUBLISHED'
    if (!isLive) return { state: 'unknown' }
    return { state: 'live', permalink: linkedinPost(account.hosts, id).permalink }
  } catch (error) {
    if (hasCode(error, 'linkedin_not_found')) return { state: 'removed' }
    if (hasCode(error, 'linkedin_forbidden')) return { state: 'unknown' }
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof PlatformFailure && error.code === code
}
