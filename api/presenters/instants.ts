import { DateTime } from 'luxon'

/** RFC 3339 in UTC with milliseconds; null where the row has none. */
export function isoOf(instant: Date | null | undefined): string | null {
  return instant == null ? null : instant.toISOString()
}

/** Wall-clock time in a zone without offset, as people there read it. */
export function localOf(instant: Date | null | undefined, timezone: string): string | null {
  if (instant == null) return null
  const local = DateTime.fromJSDate(instant, { zone: timezone })
  return local.isValid ? local.toFormat("yyyy-MM-dd'T'HH:mm:ss") : null
}
