import type { RateLimitState } from './call.ts'

/**
 * How a platform spells its three headers. `seconds`: until the reset, as Envoy counts them; an
 * instant in epoch seconds is told from it by its size.
 */
export interface RateLimitSpelling {
  prefix: string
  reset: 'epoch_seconds' | 'iso_8601' | 'seconds'
}

/** What the answer's headers say, or undefined when they say nothing. */
export function readRateLimit(
  headers: Headers,
  spelling: RateLimitSpelling,
  now = new Date(),
): RateLimitState | undefined {
  const limit = readCount(headers.get(`${spelling.prefix}-limit`))
  const remaining = readCount(headers.get(`${spelling.prefix}-remaining`))
  const resetsAt = readReset(headers.get(`${spelling.prefix}-reset`), spelling.reset, now)
  if (limit === undefined && remaining === undefined && resetsAt === undefined) return undefined
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetsAt === undefined ? {} : { resetsAt }),
  }
}

/** `Retry-After` in seconds or as an HTTP date (RFC 9110 §10.2.3). */
export function readRetryAfter(headers: Headers, now: Date): Date | undefined {
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d{1,9}$/.test(value)) return new Date(now.getTime() + Number(value) * 1000)
  return validDate(Date.parse(value))
}

/**
 * The instant a 429 asks to wait for. A reset in the past (clock skew) or none at all falls back to
 * `defaultMs`, so that a wait is never zero and a busy loop impossible.
 */
export function retryAt(
  headers: Headers,
  spelling: RateLimitSpelling,
  defaultMs: number,
  now = new Date(),
): Date {
  const asked = readRetryAfter(headers, now) ?? readRateLimit(headers, spelling, now)?.resetsAt
  if (asked && asked > now) return asked
  return new Date(now.getTime() + defaultMs)
}

/** Of `1000, 1000;w=60` the first: the window that is nearest to its end. */
function readCount(value: string | null): number | undefined {
  const first = value?.split(',')[0]?.trim() ?? ''
  return /^\d{1,12}$/.test(first) ? Number(first) : undefined
}

function readReset(
  value: string | null,
  form: RateLimitSpelling['reset'],
  now: Date,
): Date | undefined {
  if (value === null) return undefined
  if (form === 'seconds' && /^\d{1,8}$/.test(value.trim())) {
    return new Date(now.getTime() + Number(value) * 1000)
  }
  if (form === 'iso_8601') return validDate(Date.parse(value))
  return /^\d{9,11}$/.test(value.trim()) ? new Date(Number(value) * 1000) : undefined
}

function validDate(epochMs: number): Date | undefined {
  return Number.isNaN(epochMs) ? undefined : new Date(epochMs)
}
