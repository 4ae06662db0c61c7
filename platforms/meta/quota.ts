import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Call } from '../call.ts'
import { askAs, type MetaAccount } from './account.ts'
import { dailyCap } from './errors.ts'

/** Where an account's quota of posts is told, and the names of its fields there. */
export interface QuotaPlace {
  path: string
  usage: 'quota_usage' | 'reply_quota_usage'
  config: 'config' | 'reply_config'
}

const config = z.object({ quota_total: z.number().optional() }).optional()
const used = z.number().optional()

const quotaSchema = z.object({
  data: z.array(
    z.object({
      quota_usage: used,
      config,
      reply_quota_usage: used,
      reply_config: config,
    }),
  ),
})

/** The window of 24 hours rolls, so some of the quota may be back soon. */
const WAIT_MS = 60 * 60_000

/** Throws `rate_limited` when the account may post no more at the moment. */
export async function checkQuota(
  account: MetaAccount,
  { path, usage, config }: QuotaPlace,
  call: Call,
): Promise<void> {
  const asked = { path, query: { fields: `${usage},${config}` } }
  const answer = await orUnknown(askAs(account, asked, quotaSchema, call))
  const [quota] = answer?.data ?? []
  const total = quota?.[config]?.quota_total
  if (total === undefined || (quota?.[usage] ?? 0) < total) return
  throw dailyCap(account.graph.names, WAIT_MS)
}

/** A quota that cannot be read must not hold up a post: publishing itself enforces it. */
async function orUnknown<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading
  } catch (error) {
    const passes =
      error instanceof PlatformFailure && ['rejected', 'transient'].includes(error.kind)
    if (passes) return undefined
    throw error
  }
}
