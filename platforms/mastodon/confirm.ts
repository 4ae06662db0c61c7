import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, CannotTell, Connector, Draft } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { askInstance, type Instance, instanceOf } from './client.ts'
import { MASTODON_DIALECT } from './errors.ts'
import { mastodonPost, statusSchema } from './status.ts'

const PAGE_SIZE = 40
const MAX_PAGES = 5

const listSchema = z.array(statusSchema.extend({ created_at: z.iso.datetime({ offset: true }) }))
const sourceSchema = z.object({ text: z.string(), spoiler_text: z.string().optional() })

type Status = z.output<typeof listSchema>[number]

/**
 * Looks for the text among the account's posts since the intent began, reading each one's source:
 * the HTML of `content` is rewritten by the server and proves nothing.
 */
export function makeMastodonConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    // Read before the list: a post that lands while we read must not be missed.
    const quiet = quietSince(attempt, timing)
    const instance = instanceOf(hosts, access.serviceUrl)
    const { statuses, complete } = await readWindow(instance, attempt, access, call)
    const search = await findText(instance, attempt.draft, statuses, access, call)
    if (search.match) return { outcome: 'found', post: mastodonPost(search.match) }
    if (attempt.failureCode === 'mastodon_duplicate') {
      return cannotTell('The server calls the post a duplicate, but it is not listed.')
    }
    if (!complete || search.unread) {
      return cannotTell('The server did not show all posts of the time in question.')
    }
    if (!quiet) return cannotTell('The post may still appear; Clarion looks again.')
    return { outcome: 'absent' }
  }
}

/** https://docs.joinmastodon.org/methods/accounts/#statuses, newest first, back to the window. */
async function readWindow(
  instance: Instance,
  attempt: Attempt,
  access: Access,
  call: Call,
): Promise<{ statuses: Status[]; complete: boolean }> {
  const from = windowStart(attempt)
  const excluded = new Set(attempt.excludedPostIds)
  const statuses: Status[] = []
  let maxId: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const read = await readPage(instance, access, call, maxId)
    const inside = read.filter((status) => new Date(status.created_at) >= from)
    statuses.push(...inside.filter((status) => !excluded.has(status.id)))
    maxId = read.at(-1)?.id
    // A page that reaches behind the window, or an empty one, is the end; a short one is not.
    if (inside.length < read.length || !maxId) return { statuses, complete: true }
  }
  return { statuses, complete: false }
}

async function readPage(
  instance: Instance,
  access: Access,
  call: Call,
  maxId: string | undefined,
): Promise<Status[]> {
  // The account's key is `host/id`, see `identify`.
  const id = access.accountId.split('/').at(-1) ?? ''
  const answer = await askInstance(
    instance,
    {
      method: 'GET',
      path: `/api/v1/accounts/${encodeURIComponent(id)}/statuses`,
      query: { limit: String(PAGE_SIZE), exclude_reblogs: 'true', max_id: maxId },
      token: access.accessToken,
    },
    call,
  )
  return readJson(MASTODON_DIALECT, answer, listSchema)
}

async function findText(
  instance: Instance,
  draft: Draft,
  statuses: readonly Status[],
  access: Access,
  call: Call,
): Promise<{ match?: Status; unread: boolean }> {
  let unread = false
  for (const status of statuses) {
    const source = await readSource(instance, status.id, access, call)
    if (source === undefined) unread = true
    else if (isSame(source, draft)) return { match: status, unread }
  }
  return { unread }
}

/** Undefined when the server has no sources (before 3.5) or the post went away meanwhile. */
async function readSource(
  instance: Instance,
  statusId: string,
  access: Access,
  call: Call,
): Promise<z.output<typeof sourceSchema> | undefined> {
  const path = `/api/v1/statuses/${encodeURIComponent(statusId)}/source`
  try {
    const request = { method: 'GET' as const, path, token: access.accessToken }
    return readJson(MASTODON_DIALECT, await askInstance(instance, request, call), sourceSchema)
  } catch (error) {
    if (error instanceof PlatformFailure && error.httpStatus === 404) return undefined
    throw error
  }
}

function isSame(source: z.output<typeof sourceSchema>, draft: Draft): boolean {
  const warning = draft.settings.spoiler_text ?? ''
  return (
    tidy(source.text) === tidy(draft.text) && tidy(source.spoiler_text ?? '') === tidy(`${warning}`)
  )
}

/** Mastodon trims and browsers' line ends may become plain ones. */
function tidy(text: string): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}

function cannotTell(message: string): CannotTell {
  return { outcome: 'cannot_tell', message }
}
