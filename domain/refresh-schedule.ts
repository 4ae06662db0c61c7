import type { ConnectionState } from './connection-state.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Tokens are renewed at this part of their life, so that an outage of a quarter of it is survived. */
const FRACTION = 0.7
const JITTER = 0.1
const FLOOR_MS = 30_000
const CEILING_MS = 30 * DAY_MS
/** Instagram and Threads refuse to extend a token younger than a day. */
export const EXTENSION_MIN_AGE_MS = 25 * HOUR_MS
/** Two ends so near are one: platforms round seconds. */
const SAME_END_MS = 60_000
const BACKOFF_BASE_MS = 15_000
const BACKOFF_CEILING_MS = 15 * MINUTE_MS

/**
 * Instant (epoch ms) of the next refresh, or null when this connection has none. `spread` in [0, 1)
 * is fixed per connection, so that accounts connected together do not refresh together.
 */
export function nextRefreshAt(
  state: Pick<ConnectionState, 'refreshModel' | 'issuedAt' | 'expiresAt'> &
    Partial<Pick<ConnectionState, 'refreshExpiresAt'>>,
  spread: number,
): number | null {
  if (state.refreshModel === 'none' || state.expiresAt === null) return null
  // The token lives as long as what could renew it: a refresh would gain nothing (LinkedIn's last).
  const renewableUntil = state.refreshExpiresAt ?? Number.POSITIVE_INFINITY
  if (state.expiresAt >= renewableUntil - SAME_END_MS) return null
  const issuedAt = state.issuedAt ?? state.expiresAt - HOUR_MS
  const lifetimeMs = Math.max(0, state.expiresAt - issuedAt)
  const part = FRACTION + JITTER * (spread - 0.5)
  const waitMs = Math.min(Math.max(lifetimeMs * part, FLOOR_MS), CEILING_MS)
  const minAgeMs = state.refreshModel === 'extension' ? EXTENSION_MIN_AGE_MS : 0
  return Math.round(issuedAt + Math.max(waitMs, minAgeMs))
}

/** The same for a grant as it is stored; dates as platforms give them. */
export function plannedRefresh(
  connectionId: string,
  life: {
    refreshModel: ConnectionState['refreshModel']
    issuedAt: Date
    expiresAt: Date | null | undefined
    refreshExpiresAt: Date | null | undefined
  },
): Date | null {
  const { refreshModel, issuedAt, expiresAt, refreshExpiresAt } = life
  const instants = {
    issuedAt: issuedAt.getTime(),
    expiresAt: expiresAt?.getTime() ?? null,
    refreshExpiresAt: refreshExpiresAt?.getTime() ?? null,
  }
  const atMs = nextRefreshAt({ refreshModel, ...instants }, spreadOf(connectionId))
  return atMs === null ? null : new Date(atMs)
}

/** Wait before try `failures + 1`: exponential to a ceiling, spread by half. */
export function refreshBackoffMs(failures: number, spread: number): number {
  const full = Math.min(BACKOFF_BASE_MS * 2 ** Math.min(failures - 1, 20), BACKOFF_CEILING_MS)
  return Math.round(full * (0.5 + 0.5 * spread))
}

/** A number in [0, 1) that stays the same for an id (FNV-1a with murmur3's finish, 32 bits). */
export function spreadOf(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0
  }
  // Without this finish ids that differ only at their end would land close together.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
