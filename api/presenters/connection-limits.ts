import type { z } from 'zod'
import type { Connection } from '../../db/entities/connection.ts'
import type { AccountUse, Connector } from '../../platforms/registry.ts'
import { readAccountLimits } from '../../platforms/registry.ts'
import type { connectionLimits } from '../contract/schemas/connections.ts'
import { isoOf } from './instants.ts'

type ConnectionLimits = z.output<typeof connectionLimits>

/** The budget as the platform told it last, and how long a text may be for this very account. */
export function presentLimits(
  row: Connection,
  connector: Connector,
  use: AccountUse | undefined,
): ConnectionLimits {
  const isTold = row.apiCallsToldAt != null
  const used = isTold ? row.apiCallsUsed : null
  const limit = row.apiCallsLimit ?? null
  return {
    connection_id: row.id,
    platform: row.platform,
    api_calls_used: used,
    api_calls_limit: limit,
    api_calls_remaining: used === null || limit === null ? null : Math.max(0, limit - used),
    api_calls_reset_at: isoOf(row.apiCallsResetAt),
    api_calls_told_at: isoOf(row.apiCallsToldAt),
    rate_limit_tier: row.rateLimitTier ?? null,
    rate_limited_until: isoOf(row.rateLimitedUntil),
    text: textOf(row, connector),
    caps: (connector.limits.caps ?? []).map(({ posts, windowMs, source }) => ({
      posts,
      window_seconds: windowMs / 1000,
      used: use?.postsWithin(windowMs) ?? 0,
      source,
    })),
  }
}

function textOf(row: Connection, { limits }: Connector): ConnectionLimits['text'] {
  const own = readAccountLimits(row.metadata)
  return {
    max_text_length: own.maxTextLength ?? limits.maxTextLength,
    text_unit: limits.textUnit,
    characters_per_url: own.charactersPerUrl ?? null,
    source: limits.source,
  }
}
