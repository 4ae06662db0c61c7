import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { PlatformHosts } from '../call.ts'
import type { Attempt, CannotTell, Connector } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { askPinterest, type PinterestCall } from './client.ts'
import { PINTEREST_DIALECT } from './errors.ts'
import { pinterestSettings } from './limits.ts'
import { pinterestPost } from './pins.ts'

/** https://developers.pinterest.com/docs/api/v5/boards-list_pins/ */
const PAGE_SIZE = '250'
const MAX_PAGES = 8

const listSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      created_at: z.string().nullish(),
      title: z.string().nullish(),
      description: z.string().nullish(),
      link: z.string().nullish(),
    }),
  ),
  bookmark: z.string().nullish(),
})

type Pin = z.output<typeof listSchema>['items'][number]

/** Looks among the board's Pins of the time in question; Pinterest has neither key nor refusal. */
export function makePinterestConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    // Read before the list: a Pin that lands while we read must not be missed.
    const quiet = quietSince(attempt, timing)
    const read = await readBoard({ hosts, access, call }, attempt)
    if (read === undefined) return cannotTell('Pinterest does not show the board any more.')
    const match = read.pins.find((pin) => isSame(pin, attempt))
    if (match) return { outcome: 'found', post: pinterestPost(hosts, match.id) }
    if (!read.complete) return cannotTell('Pinterest did not list all Pins of the board.')
    if (!quiet) return cannotTell('The Pin may still appear; Clarion looks again.')
    return { outcome: 'absent' }
  }
}

/** Pins made since the intent began; undefined when the board cannot be read. */
async function readBoard(at: PinterestCall, attempt: Attempt) {
  const { board_id: boardId } = parseSettings(pinterestSettings, attempt.draft.settings)
  const from = windowStart(attempt)
  const pins: Pin[] = []
  const result = (complete: boolean) => ({
    pins: pins.filter((pin) => createdAt(pin) >= from.getTime()),
    complete,
  })
  let bookmark: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const read = await readPage(at, boardId ?? '', bookmark)
    if (read === undefined) return undefined
    pins.push(...read.items)
    bookmark = read.bookmark || undefined
    if (!bookmark || reachesBehind(pins, from)) return result(true)
  }
  return result(false)
}

async function readPage(at: PinterestCall, boardId: string, bookmark: string | undefined) {
  const path = `/boards/${encodeURIComponent(boardId)}/pins`
  const query = { page_size: PAGE_SIZE, bookmark }
  try {
    const answer = await askPinterest(at, { method: 'GET', path, query })
    return readJson(PINTEREST_DIALECT, answer, listSchema)
  } catch (error) {
    if (error instanceof PlatformFailure && error.kind === 'rejected') return undefined
    throw error
  }
}

/** Pinterest promises no order, so an old end counts only when all that was read is sorted. */
function reachesBehind(pins: readonly Pin[], from: Date): boolean {
  const times = pins.map(createdAt)
  const isSorted = times.every((time, index) => index === 0 || time <= (times[index - 1] ?? 0))
  return isSorted && (times.at(-1) ?? Infinity) < from.getTime()
}

/** UTC without saying so; a Pin without a time may be of now. */
function createdAt({ created_at: at }: Pin): number {
  if (!at) return Infinity
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(at) ? at : `${at}Z`)
  return Number.isNaN(time) ? Infinity : time
}

function isSame(pin: Pin, { draft, excludedPostIds = [] }: Attempt): boolean {
  const { title, link } = parseSettings(pinterestSettings, draft.settings)
  return (
    !excludedPostIds.includes(pin.id) &&
    tidy(pin.title) === tidy(title) &&
    tidy(pin.description) === tidy(draft.text) &&
    tidy(pin.link) === tidy(link)
  )
}

function tidy(text: string | null | undefined): string {
  return (text ?? '').normalize('NFC').replaceAll('\r\n', '\n').trim()
}

function cannotTell(message: string): CannotTell {
  return { outcome: 'cannot_tell', message }
}
