import type { z } from 'zod'
import type { Connection } from '../../db/entities/connection.ts'
import type { ConnectionDestination } from '../../db/entities/connection-destination.ts'
import type { destination } from '../contract/schemas/connections.ts'

/** A place within the account, and whether the connection's settings name it. */
export function presentDestination(
  row: ConnectionDestination,
  { settings }: Pick<Connection, 'settings'>,
): z.output<typeof destination> {
  return {
    id: row.remoteId,
    kind: row.kind,
    name: row.name,
    handle: row.handle ?? null,
    image_url: row.imageUrl ?? null,
    can_post: row.canPost,
    reason: row.reason ?? null,
    detail: row.detail,
    is_default: isDefault(row, settings),
    fetched_at: row.fetchedAt.toISOString(),
  }
}

/** Boards are named by their id, subreddits by their name, with or without `r/`. */
function isDefault(
  { remoteId, name, handle }: ConnectionDestination,
  { default_board_id: board, default_subreddit: subreddit }: Readonly<Record<string, unknown>>,
): boolean {
  if (board === remoteId) return true
  if (typeof subreddit !== 'string') return false
  const wanted = bareName(subreddit)
  return [remoteId, name, handle ?? ''].some((one) => one !== '' && bareName(one) === wanted)
}

function bareName(subreddit: string): string {
  return subreddit.replace(/^\/?r\//i, '').toLowerCase()
}
