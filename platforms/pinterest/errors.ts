import { z } from 'zod'
import {
  authExpired,
  outcomeUnknown,
  type PlatformFailure,
  rateLimited,
  rejected,
  transient,
} from '../../domain/failures.ts'
import { type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import { loginFailures } from '../login-failures.ts'
import { asSentence } from '../platform-words.ts'
import { retryAt } from '../rate-limit-headers.ts'

/** Their form is not documented; the limit’s own (`1000, 1000;w=60`) is Envoy’s. */
const RATE_LIMIT = { prefix: 'x-ratelimit', reset: 'seconds' } as const

/** Budgets are per minute: https://developers.pinterest.com/docs/reference/rate-limits/ */
const WINDOW_MS = 60_000

const errorSchema = z.object({ code: z.number().optional(), message: z.string().optional() })

export const PINTEREST_DIALECT: Dialect = {
  platformName: 'Pinterest',
  rateLimit: RATE_LIMIT,
  failureOf: pinterestFailure,
}

/** Codes of https://developers.pinterest.com/docs/reference/error-codes/ */
export function pinterestFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const httpStatus = answer.status
  const { code, message: words } = readError(answer)
  if (httpStatus === 429) {
    return rateLimited({
      code: 'pinterest_rate_limited',
      message: 'Pinterest asks to wait before the next call.',
      retryAt: retryAt(answer.headers, RATE_LIMIT, WINDOW_MS),
      httpStatus,
    })
  }
  // Some endpoints say 401 for it: a fresh token would have the same permissions.
  if (code === 3) return permissionMissing(httpStatus)
  if (httpStatus === 401) {
    const message = 'Pinterest refused the access token.'
    return authExpired({ code: 'pinterest_unauthorized', message, httpStatus })
  }
  if (httpStatus >= 500 || httpStatus === 408) return serverFailure(httpStatus, effect)
  if (httpStatus < 400) {
    const message = 'Pinterest answered with a redirect.'
    return transient({ code: 'pinterest_redirected', message, httpStatus })
  }
  return refused(httpStatus, code, words)
}

export const PIN_NOT_FOUND = 'pinterest_not_found'

/** A 4xx is proof that no Pin was made. */
function refused(
  httpStatus: number,
  code: number | undefined,
  words = `HTTP ${httpStatus}`,
): PlatformFailure {
  if (httpStatus === 409) {
    const message = 'Pinterest was busy with this board.'
    return transient({ code: 'pinterest_conflict', message, httpStatus })
  }
  if (/unable to reach the url/i.test(words)) {
    const message = 'Pinterest could not fetch the picture from Clarion.'
    return transient({ code: 'pinterest_media_unreachable', message, httpStatus })
  }
  if (/trial access/i.test(words)) {
    const message =
      'Pinterest gave Clarion’s app trial access only, which makes no public Pins. Its operator must ask Pinterest for more.'
    return rejected({ code: 'pinterest_app_trial', message, httpStatus })
  }
  const known = code === undefined ? undefined : REFUSALS[code]
  if (known) return rejected({ ...known, httpStatus })
  const message = `Pinterest refused this: ${asSentence(words)}`
  return rejected({ code: codeOf(httpStatus), message, httpStatus })
}

/** https://developers.pinterest.com/docs/reference/error-codes/ */
const REFUSALS: Readonly<Record<number, { code: string; message: string }>> = {
  7: {
    code: 'pinterest_board_forbidden',
    message: 'This Pinterest account may not post to the board. Choose another board.',
  },
  40: {
    code: 'pinterest_board_not_found',
    message: 'Pinterest has no such board (any more). Choose another board.',
  },
  2625: {
    code: 'pinterest_account_restricted',
    message: 'Pinterest does not let this account publish. Look for its notice at Pinterest.',
  },
  2626: {
    code: 'pinterest_account_restricted',
    message: 'Pinterest is reviewing this account and lets it publish nothing meanwhile.',
  },
}

export const { appRefused, authorizationFailed, grantEnded } = loginFailures(
  'Pinterest',
  'pinterest',
)

function permissionMissing(httpStatus: number): PlatformFailure {
  return rejected({
    code: 'pinterest_permission_missing',
    message: 'This connection lacks a permission at Pinterest. Please connect the account again.',
    httpStatus,
  })
}

function serverFailure(httpStatus: number, effect: Effect): PlatformFailure {
  const message = 'Pinterest has a problem of its own.'
  const details = { code: 'pinterest_unavailable', message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function codeOf(httpStatus: number): string {
  if (httpStatus === 403) return 'pinterest_forbidden'
  return httpStatus === 404 ? PIN_NOT_FOUND : 'pinterest_invalid_request'
}

function readError(answer: HttpAnswer): z.output<typeof errorSchema> {
  const parsed = errorSchema.safeParse(jsonOrUndefined(answer))
  return parsed.success ? parsed.data : {}
}
