import type { ApiRequest } from '../../http/request.ts'
import { invalidParameter, refuse } from './errors.ts'
import { param } from './params.ts'

/** Rows between `since` and `until`: seconds of the epoch, or what dates are written as. */
export function withinTimes<T extends { created_at_ms: number }>(
  req: ApiRequest,
  rows: readonly T[],
): T[] {
  const since = instantOf(req, 'since') ?? 0
  const until = instantOf(req, 'until') ?? Number.POSITIVE_INFINITY
  return rows.filter((row) => row.created_at_ms >= since && row.created_at_ms <= until)
}

function instantOf(req: ApiRequest, name: string): number | undefined {
  const text = param(req, name)
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(ms)) throw refuse(invalidParameter(`Param ${name} is not a valid time`))
  return ms
}
