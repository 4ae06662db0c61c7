import { z } from 'zod'
import { ask, readJson } from '../ask.ts'
import type { AccountAccess, Destination } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { PINTEREST_DIALECT } from './errors.ts'

/** https://developers.pinterest.com/docs/api/v5/boards-list/ */
const PAGE_SIZE = 250
/** An account has at most 2,000 boards: https://help.pinterest.com/article/limits-for-pins-and-boards */
const MAX_PAGES = 10

const pageSchema = z.object({
  items: z.array(
    z.object({
      id: z.string().regex(/^\d+$/),
      name: z.string(),
      privacy: z.string().optional(),
      pin_count: z.number().nullish(),
      media: z.object({ image_cover_url: z.string().nullish() }).nullish(),
    }),
  ),
  bookmark: z.string().nullish(),
})

type Board = z.output<typeof pageSchema>['items'][number]

/** The account's boards; secret ones are listed only for a consent that has their scopes. */
export async function listBoards(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
): Promise<Destination[]> {
  const found: Destination[] = []
  let bookmark: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const read = await readPage(hosts, access, call, bookmark)
    found.push(...read.items.map((board) => toDestination(board, access.scopes)))
    bookmark = read.bookmark ?? undefined
    if (!bookmark) break
  }
  return found
}

async function readPage(
  hosts: PlatformHosts,
  access: AccountAccess,
  call: Call,
  bookmark: string | undefined,
): Promise<z.output<typeof pageSchema>> {
  const request = {
    method: 'GET' as const,
    url: urlBelow(hosts.apiBaseUrl, '/v5/boards', { page_size: String(PAGE_SIZE), bookmark }),
    headers: { authorization: `Bearer ${access.accessToken}` },
    trusted: true,
  }
  const answer = await ask(PINTEREST_DIALECT, request, call)
  return readJson(PINTEREST_DIALECT, answer, pageSchema)
}

function toDestination(board: Board, scopes: readonly string[] | undefined): Destination {
  const cover = board.media?.image_cover_url
  const privacy = board.privacy ?? 'PUBLIC'
  const reason = whyNot(privacy, scopes)
  return {
    id: board.id,
    kind: 'board',
    name: board.name,
    ...(cover ? { imageUrl: cover } : {}),
    canPost: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    detail: {
      privacy: privacy.toLowerCase(),
      secret: privacy === 'SECRET',
      pin_count: board.pin_count ?? null,
    },
  }
}

function whyNot(privacy: string, scopes: readonly string[] | undefined): string | undefined {
  if (privacy !== 'SECRET' || !scopes || scopes.includes('pins:write_secret')) return undefined
  return 'This board is secret, and the connection may not post to secret boards.'
}
