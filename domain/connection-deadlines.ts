import type { ConnectionState } from './connection-state.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Days before the end of an access at which a person is warned that they must reconnect. */
export const WARNING_DAYS = [14, 7, 1] as const

/** An account that nothing proved to work for so long is asked who it is. */
const VALIDATE_EVERY_MS = DAY_MS
const VALIDATE_JITTER = 0.2
/** After a validation that a platform in trouble did not answer. */
const VALIDATE_AGAIN_MS = 6 * HOUR_MS

type Life = Pick<
  ConnectionState,
  'refreshModel' | 'issuedAt' | 'expiresAt' | 'refreshExpiresAt' | 'warnedDays'
>

/**
 * Instant (epoch ms) after which only a person can bring the account back; null when there is none.
 * With a refresh token that is the end of this, else of the access token.
 */
export function accessEndsAt({ refreshModel, expiresAt, refreshExpiresAt }: Life): number | null {
  switch (refreshModel) {
    case 'none':
    case 'extension':
      return expiresAt
    case 'rotating':
    case 'reusable':
      return refreshExpiresAt === null ? null : Math.max(refreshExpiresAt, expiresAt ?? 0)
  }
}

export interface Warning {
  days: number
  at: number
}

/**
 * The next warning, perhaps overdue; undefined when none is left. A renewal moves the end and with
 * it the warnings, so that who is renewed in time is never warned. A life shorter than the warning
 * has none.
 */
export function nextWarning(state: Life, nowMs: number): Warning | undefined {
  const endsAt = accessEndsAt(state)
  if (endsAt === null) return undefined
  const left = WARNING_DAYS.filter((days) => days < (state.warnedDays ?? Number.POSITIVE_INFINITY))
    .map((days) => ({ days, at: endsAt - days * DAY_MS }))
    .filter(({ at }) => at > (state.issuedAt ?? 0))
  // Of several that are overdue, the nearest to the end says it all.
  return left.findLast(({ at }) => at <= nowMs) ?? left[0]
}

/** Instant of the next validation; `spread` in [0, 1) is fixed per connection. */
export function nextValidationAt(
  { validatedAt, validationFailedAt }: Pick<ConnectionState, 'validatedAt' | 'validationFailedAt'>,
  spread: number,
): number {
  const everyMs = VALIDATE_EVERY_MS * (1 + VALIDATE_JITTER * (spread - 0.5))
  const plannedAt = (validatedAt ?? 0) + everyMs
  return Math.round(Math.max(plannedAt, (validationFailedAt ?? 0) + VALIDATE_AGAIN_MS))
}

/** Instant of the next sync; null where there is nothing to sync. */
export function nextSyncAt({
  syncEveryMs,
  syncedAt,
}: Pick<ConnectionState, 'syncEveryMs' | 'syncedAt'>): number | null {
  return syncEveryMs === null ? null : (syncedAt ?? 0) + syncEveryMs
}
