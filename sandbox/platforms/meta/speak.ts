import type { Answer } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  APP_LIMIT,
  type GraphProblem,
  graphError,
  invalidParameter,
  NO_PERMISSION,
  sessionExpired,
  sessionInvalidated,
} from './errors.ts'
import { appUsage, type BusinessUseCase, businessLimit, businessUsage } from './usage.ts'

/** What the families word differently. */
export interface Accent {
  /** The refusal of a code or token on this endpoint, where it is not a dead session. */
  refusedGrant(req: ApiRequest): Answer | undefined
  /** The refusal of what is to be published, or is uploaded for it. */
  refusedContent?(step: 'upload' | 'publish', req: ApiRequest): GraphProblem
  /** Whose budget a rate limit is of, when the request names an account. */
  useCase(req: ApiRequest): BusinessUseCase | undefined
}

/** Graph's wording of a fault. */
export function speakGraph(accent: Accent, fault: SpokenFault, req: ApiRequest): Answer {
  switch (fault.kind) {
    case 'rate_limit':
      return tooManyCalls(accent.useCase(req), fault.retryAfterS)
    case 'duplicate':
      return graphError({ message: 'Duplicate status message', code: 506, subcode: 1455006 })
    case 'refuse':
      return refusal(accent, fault.step, req)
    case 'status':
      return graphError({ ...problemOfStatus(fault.status, req), status: fault.status })
  }
}

function refusal(accent: Accent, step: SpokenFault['step'], req: ApiRequest): Answer {
  if (step === 'token') return accent.refusedGrant(req) ?? graphError(sessionInvalidated())
  const isContent = step === 'upload' || step === 'publish'
  return graphError((isContent ? accent.refusedContent?.(step, req) : undefined) ?? NO_PERMISSION)
}

/** Graph has no Retry-After; the business header tells minutes. */
function tooManyCalls(use: BusinessUseCase | undefined, retryAfterS: number): Answer {
  if (use === undefined) {
    return { ...graphError(APP_LIMIT), headers: { 'x-app-usage': appUsage(100) } }
  }
  const headers = {
    'x-app-usage': appUsage(0),
    'x-business-use-case-usage': businessUsage(use, 100, retryAfterS * 1000),
  }
  return { ...graphError(businessLimit(use.type)), headers }
}

function problemOfStatus(status: number, req: ApiRequest): GraphProblem {
  if (status >= 500) {
    const message = 'An unexpected error has occurred. Please retry your request later.'
    return { message, code: 2, isTransient: true }
  }
  if (status === 401) return sessionExpired(req.nowMs, req.nowMs)
  if (status === 403) return NO_PERMISSION
  return status === 429 ? APP_LIMIT : invalidParameter('Invalid parameter')
}
