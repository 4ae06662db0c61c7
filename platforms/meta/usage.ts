import { z } from 'zod'
import type { RateLimitState } from '../call.ts'

const MINUTE_MS = 60_000

/** Shares of the allowance in percent: https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
const shareSchema = z.object({
  call_count: z.number().optional(),
  total_cputime: z.number().optional(),
  total_time: z.number().optional(),
  /** Minutes. */
  estimated_time_to_regain_access: z.number().optional(),
})

type Share = z.output<typeof shareSchema>

const businessSchema = z.record(z.string(), z.array(shareSchema))

/** The fullest allowance that the headers tell of, counted in percent of it. */
export function readUsage(headers: Headers, now = new Date()): RateLimitState | undefined {
  const shares = sharesOf(headers)
  if (shares.length === 0) return undefined
  const used = Math.max(0, ...shares.flatMap(countsOf))
  const resetsAt = regainedAt(headers, now)
  return {
    limit: 100,
    remaining: Math.max(0, 100 - Math.ceil(used)),
    ...(resetsAt ? { resetsAt } : {}),
  }
}

/** When Meta expects to answer again; undefined when it does not say. */
export function regainedAt(headers: Headers, now = new Date()): Date | undefined {
  const minutes = sharesOf(headers).map((share) => share.estimated_time_to_regain_access ?? 0)
  const longest = Math.max(0, ...minutes)
  return longest > 0 ? new Date(now.getTime() + longest * MINUTE_MS) : undefined
}

function sharesOf(headers: Headers): Share[] {
  const app = shareSchema.safeParse(readHeader(headers, 'x-app-usage'))
  const business = businessSchema.safeParse(readHeader(headers, 'x-business-use-case-usage'))
  return [
    ...(app.success ? [app.data] : []),
    ...(business.success ? Object.values(business.data).flat() : []),
  ]
}

function countsOf({ call_count, total_cputime, total_time }: Share): number[] {
  return [call_count, total_cputime, total_time].filter((count) => count !== undefined)
}

function readHeader(headers: Headers, name: string): unknown {
  try {
    return JSON.parse(headers.get(name) ?? 'null')
  } catch {
    // Advice, not an answer: an unreadable header is as good as none.
    return undefined
  }
}
