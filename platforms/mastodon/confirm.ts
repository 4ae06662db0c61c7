import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, CannotTell, Connector, Draft } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { askInstance, type Instance, instanceOf } from './client.ts'
import { MASTODON_DIALECT } from './errors.ts'
import { isFree, type Uploader } from './media.ts'
import { readMediaIds } from './prepare.ts'
import { mastodonPost, parentOf, statusSchema } from './status.ts'

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
    const { match, unread, doubtful } = await findPost(instance, attempt, statuses, access, call)
    if (match) return { outcome: 'found', post: mastodonPost(match, attempt.draft) }
    if (attempt.failureCode === 'mastodon_duplicate') {
      return cannotTell('The server calls the post a duplicate, but it is not listed.')
    }
    if (doubtful) {
      return cannotTell('A post with files and without text is listed; it may be this one.')
    }
    if (!complete || unread) {
      return cannotTell('The server did not show all posts of the time in question.')
    }
    if (!quiet) return cannotTell('The post may still appear; Clarion looks again.')
    if (await isAnyTaken({ instance, access, call }, attempt)) {
      return cannotTell('The server has used the files of the post, but does not list it.')
    }
    return { outcome: 'absent' }
  }
}

/** Files that are not free any more speak against absence, unless the server said so itself. */
async function isAnyTaken(uploader: Uploader, attempt: Attempt): Promise<boolean> {
  if (attempt.failureCode === 'mastodon_media_gone') return false
  const [first] = readMediaIds(attempt.prepared)
  return first !== undefined && !(await isFree(uploader, first))
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

interface Search {
  match?: Status
  /** A source could not be read. */
  unread: boolean
  /** Something without text and with other files is there. */
  doubtful: boolean
}

/**
 * A file is part of one post only, so its id proves more than any text. Without it, the same text
 * with as many files counts: an earlier try may have uploaded them under other ids.
 */
async function findPost(
  instance: Instance,
  { draft, prepared }: Attempt,
  statuses: readonly Status[],
  access: Access,
  call: Call,
): Promise<Search> {
  const ids = new Set(readMediaIds(prepared))
  const proven = statuses.find((one) => filesOf(one).some((id) => ids.has(id)))
  const search: Search = { unread: false, doubtful: false }
  if (proven) return { ...search, match: proven }
  const candidates = statuses.filter((one) => hasShapeOf(one, draft))
  for (const status of candidates) {
    const source = await readSource(instance, status.id, access, call)
    if (source === undefined) search.unread = true
    else if (!isSame(source, draft)) continue
    else if (draft.text.trim() === '') search.doubtful = true
    else return { ...search, match: status }
  }
  return search
}

/** The same parent and as many files, where the server tells. */
function hasShapeOf(status: Status, draft: Draft): boolean {
  if ((status.in_reply_to_id ?? undefined) !== parentOf(draft)) return false
  return (status.media_attachments?.length ?? draft.media.length) === draft.media.length
}

function filesOf({ media_attachments = [] }: Status): string[] {
  return media_attachments.map(({ id }) => id)
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
