import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** Quotas are per minute in the configuration. */
const WINDOW_S = 60

/** The answer's quota headers, refused or not. */
export interface Counted {
  headers: Record<string, string>
  /** Set when the quota is used up: seconds until there is a new one. */
  retryAfterSeconds?: number
}

/** Never throws for a quota that is used up: `retryAfterSeconds` says so. */
export interface RateLimits {
  byKey(keyId: string): Promise<Counted>
  byAddress(ip: string): Promise<Counted>
}

/**
 * Counted per process: with n API processes behind a balancer a key may make up to n times as many
 * requests. Headers: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function makeRateLimits(limits: { perKey: number; perAddress: number }): RateLimits {
  const keys = new RateLimiterMemory({ points: limits.perKey, duration: WINDOW_S })
  const addresses = new RateLimiterMemory({ points: limits.perAddress, duration: WINDOW_S })
  return {
    byKey: (keyId) => count(keys, 'key', keyId),
    byAddress: (ip) => count(addresses, 'address', ip),
  }
}

async function count(limiter: RateLimiterMemory, policy: string, who: string): Promise<Counted> {
  try {
    const state = await limiter.consume(who)
    return { headers: headersOf(policy, limiter.points, state) }
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused
    const retryAfterSeconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000))
    return { headers: headersOf(policy, limiter.points, refused), retryAfterSeconds }
  }
}

function headersOf(policy: string, quota: number, state: RateLimiterRes): Record<string, string> {
  const resetS = Math.max(0, Math.ceil(state.msBeforeNext / 1000))
  return {
    'ratelimit-policy': `"${policy}";q=${quota};w=${WINDOW_S}`,
    ratelimit: `"${policy}";r=${Math.max(0, state.remainingPoints)};t=${resetS}`,
  }
}
