import { DateTime, IANAZone } from 'luxon'
import type { FieldError } from '../../domain/errors.ts'

/** As a request gives it: an instant with offset, or a local time with its zone. */
export interface TimeInput {
  scheduled_at?: string | null
  scheduled_local?: string
  timezone?: string
  on_ambiguous?: 'earlier' | 'later'
}

export interface ResolvedTime {
  /** Undefined: no time was given; null: it was taken away. */
  at: Date | null | undefined
  timezone: string | undefined
}

/** A fault carries the field's path and a stable code. */
export type TimeResult = { ok: true; time: ResolvedTime } | { ok: false; error: FieldError }

/**
 * The instant that an input means. A local time that the clock change skips or repeats is an error
 * unless `on_ambiguous` chooses. `zone` holds when the input names none.
 */
export function resolveTime(input: TimeInput, zone: string): TimeResult {
  const { scheduled_at: instant, scheduled_local: local, timezone } = input
  if (timezone !== undefined && !IANAZone.isValidZone(timezone)) {
    return fault('timezone', 'unknown_timezone', 'Give an IANA time zone such as Europe/Berlin.')
  }
  if (local !== undefined && instant != null) {
    return fault('scheduled_local', 'conflict', 'Give scheduled_at or scheduled_local, not both.')
  }
  if (local !== undefined) return fromLocal(local, timezone, zone, input.on_ambiguous)
  if (instant == null) return { ok: true, time: { at: instant, timezone } }
  const at = new Date(instant)
  if (Number.isNaN(at.getTime()))
    return fault('scheduled_at', 'invalid_format', 'There is no such instant.')
  return { ok: true, time: { at, timezone } }
}

function fromLocal(
  local: string,
  timezone: string | undefined,
  zone: string,
  choice: 'earlier' | 'later' | undefined,
): TimeResult {
  if (timezone === undefined && zone === '') {
    return fault('timezone', 'required', 'A local time needs its time zone.')
  }
  const used = timezone ?? zone
  // Read as if it were UTC, to have its digits as a number before any zone bends them.
  const utc = DateTime.fromISO(local, { zone: 'utc' })
  if (!utc.isValid)
    return fault('scheduled_local', 'invalid_format', 'There is no such date or time.')
  const candidates = candidatesOf(utc.toMillis(), used)
  const exact = candidates.filter((candidate) => candidate.isExact)
  if (exact.length === 1 && exact[0] !== undefined) return found(exact[0].atMs, used)
  const isSkipped = exact.length === 0
  if (choice === undefined) return isSkipped ? skipped(used) : repeated(used)
  const instants = (isSkipped ? candidates : exact).map(({ atMs }) => atMs)
  return found(choice === 'earlier' ? Math.min(...instants) : Math.max(...instants), used)
}

/** Far enough to either side that a clock change of the day in question lies between. */
const DAY_MS = 86_400_000

/** The instants that the offsets before and after a clock change give; `isExact`: it reads so there. */
function candidatesOf(wallMs: number, zone: string): { atMs: number; isExact: boolean }[] {
  const around = [wallMs - DAY_MS, wallMs + DAY_MS]
  const offsets = new Set(around.map((ms) => offsetMs(ms, zone)))
  return [...offsets].map((offset) => {
    const atMs = wallMs - offset
    return { atMs, isExact: offsetMs(atMs, zone) === offset }
  })
}

function offsetMs(atMs: number, zone: string): number {
  return DateTime.fromMillis(atMs, { zone }).offset * 60_000
}

function found(atMs: number, timezone: string): TimeResult {
  return { ok: true, time: { at: new Date(atMs), timezone } }
}

function skipped(zone: string): TimeResult {
  const message = `The clocks in ${zone} skip this time. Choose another one, or set on_ambiguous.`
  return fault('scheduled_local', 'nonexistent_local_time', message)
}

function repeated(zone: string): TimeResult {
  const message = `The clocks in ${zone} show this time twice. Set on_ambiguous to earlier or later.`
  return fault('scheduled_local', 'ambiguous_local_time', message)
}

function fault(path: string, code: string, message: string): TimeResult {
  return { ok: false, error: { path, code, message } }
}
