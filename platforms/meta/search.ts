import { z } from 'zod'
import type { PlatformFailure } from '../../domain/failures.ts'
import type { Call } from '../call.ts'
import type { Absent, Attempt, CannotTell, Committed, Confirmation } from '../connector.ts'
import { windowStart } from '../timing.ts'
import { type MetaAccount, toPermalink } from './account.ts'
import type { Fields } from './graph.ts'
import { readPages } from './paging.ts'

/** One thing of a list, whatever the list calls its fields. */
export interface Listed {
  id: string
  text: string
  at: Date
  permalink: string | null
  /** The item as it came. */
  raw: z.output<typeof itemSchema>
}

export interface Window {
  items: readonly Listed[]
  /** Whether the list reached back to the beginning of the attempt. */
  complete: boolean
}

/** ISO 8601, `+0000` without a colon, or seconds. */
const instant = z
  .union([z.string(), z.number()])
  .transform((at) => (/^\d+$/.test(`${at}`) ? new Date(Number(at) * 1000) : new Date(at)))
  .refine((at) => !Number.isNaN(at.getTime()))

const id = z.union([z.string().min(1), z.number().int()]).transform(String)

/** Posts, comments, replies and stories of all three. */
const itemSchema = z.looseObject({
  id: id.optional(),
  post_id: id.optional(),
  caption: z.string().optional(),
  message: z.string().optional(),
  text: z.string().optional(),
  timestamp: instant.optional(),
  created_time: instant.optional(),
  creation_time: instant.optional(),
  permalink: z.string().optional(),
  permalink_url: z.string().optional(),
  url: z.string().optional(),
})

const PAGE_SIZE = '25'
const MOST_PAGES = 8

/** What the account published since the attempt began, newest first, other targets left out. */
export async function readWindow(
  account: MetaAccount,
  list: { path: string; query: Fields },
  attempt: Attempt,
  call: Call,
): Promise<Window> {
  const from = windowStart(attempt)
  const excluded = new Set(attempt.excludedPostIds)
  const items: Listed[] = []
  const { graph, accessToken } = account
  const request = { path: list.path, query: { limit: PAGE_SIZE, ...list.query }, accessToken }
  let pages = 0
  for await (const page of readPages(graph, request, itemSchema, call)) {
    const inside = page.map(toListed).filter(({ at }) => at >= from)
    items.push(...inside.filter((one) => !excluded.has(one.id)))
    if (inside.length < page.length) return { items, complete: true }
    if (++pages >= MOST_PAGES) return { items, complete: false }
  }
  return { items, complete: true }
}

function toListed(raw: z.output<typeof itemSchema>): Listed {
  return {
    id: raw.post_id ?? raw.id ?? '',
    text: raw.caption ?? raw.message ?? raw.text ?? '',
    // Without a time it may be anything, so it counts as inside.
    at: raw.timestamp ?? raw.created_time ?? raw.creation_time ?? new Date(8.64e15),
    permalink: toPermalink(raw.permalink ?? raw.permalink_url ?? raw.url),
    raw,
  }
}

export function isSameText(one: string, other: string): boolean {
  return tidy(one) === tidy(other)
}

function tidy(text: string): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}

/** Two that look alike prove nothing about which of them is meant. */
export function onlyOne(matches: readonly Listed[]): Listed | undefined {
  return matches.length === 1 ? matches[0] : undefined
}

export function found({ id, permalink }: Listed, more: Partial<Committed> = {}): Confirmation {
  return { outcome: 'found', post: { platformPostId: id, permalink, ...more } }
}

export function cannotTell(message: string): CannotTell {
  return { outcome: 'cannot_tell', message }
}

/** `absent` needs that nothing is on its way any more. */
export function absentOnceQuiet(isQuiet: boolean): Absent | CannotTell {
  return isQuiet ? { outcome: 'absent' } : cannotTell('It may still appear; Clarion looks again.')
}

/** Looks for a text in a list that platforms show completely. */
export function judge(
  window: Window,
  matches: readonly Listed[],
  isQuiet: boolean,
  more: Partial<Committed> = {},
): Confirmation {
  const match = onlyOne(matches)
  if (match) return found(match, more)
  if (matches.length > 1) return cannotTell('Several posts look like this one.')
  if (!window.complete) return cannotTell('Not all posts of the time in question were shown.')
  return absentOnceQuiet(isQuiet)
}

const CHECK_AGAIN_MS = 5_000

/** How one platform speaks of its containers. */
export interface ContainerWords {
  platformName: string
  failureOf(detail: string): PlatformFailure
}

/** What a container says of its post; undefined when it was published, or is not there to tell. */
export function judgeContainer(
  { status, detail }: { status: string; detail: string },
  isQuiet: boolean,
  { platformName, failureOf }: ContainerWords,
): Confirmation | undefined {
  switch (status) {
    case 'FINISHED':
      return absentOnceQuiet(isQuiet)
    // After a day without being published: proof that it never will be.
    case 'EXPIRED':
      return { outcome: 'absent' }
    case 'IN_PROGRESS': {
      const message = `${platformName} is still working on the post.`
      return { outcome: 'processing', checkAgainMs: CHECK_AGAIN_MS, message }
    }
    case 'ERROR': {
      const { code, message } = failureOf(detail)
      return { outcome: 'refused', code, message }
    }
    default:
      return undefined
  }
}
