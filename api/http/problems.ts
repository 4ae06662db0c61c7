import { DatabaseUnavailable } from '../../db/database-errors.ts'
import type { ErrorCode, FieldError } from '../../domain/errors.ts'
import { ClarionError, ERRORS, problem } from '../../domain/errors.ts'
import { CipherDenied, CipherUnavailable } from '../../vault/cipher-errors.ts'

/** RFC 9457 body of every error. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail: string
  action: string
  retryable: boolean
  request_id: string
  errors?: readonly FieldError[]
  current_status?: string
  allowed_actions?: readonly string[]
}

export interface Problem {
  status: number
  headers: Record<string, string>
  body: ProblemBody
}

/** https://www.rfc-editor.org/rfc/rfc9457#section-3 */
export const PROBLEM_TYPE = 'application/problem+json'
/** Of 503 without a better estimate: restarts of what we depend on take seconds. */
const DEFAULT_RETRY_AFTER_S = 2

/** The one error renderer: nothing of an unknown error reaches the caller but its request id. */
export function renderProblem(error: ClarionError, requestId: string, publicUrl: string): Problem {
  const { status, retryable, title, action } = ERRORS[error.code]
  const { detail, errors, currentStatus, allowedActions, retryAfterSeconds } = error.extras
  const waitS = retryAfterSeconds ?? (status === 503 ? DEFAULT_RETRY_AFTER_S : undefined)
  return {
    status,
    headers: {
      'content-type': `${PROBLEM_TYPE}; charset=utf-8`,
      ...(waitS === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(waitS))) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="clarion"' } : {}),
    },
    body: {
      type: `${publicUrl}/docs/errors#${error.code}`,
      title,
      status,
      code: error.code,
      detail: detail ?? title,
      action,
      retryable,
      request_id: requestId,
      ...(errors === undefined ? {} : { errors }),
      ...(currentStatus === undefined ? {} : { current_status: currentStatus }),
      ...(allowedActions === undefined ? {} : { allowed_actions: allowedActions }),
    },
  }
}

/** Border of the API: whatever was thrown, as an entry of the catalogue with its cause kept. */
export function toClarionError(error: unknown): ClarionError {
  if (error instanceof ClarionError) return error
  // A COMMIT without answer may have been kept; everything earlier was not.
  if (error instanceof DatabaseUnavailable) {
    return problem(error.outcomeUnknown ? 'outcome_pending' : 'service_unavailable', {
      cause: error,
    })
  }
  // Denied is an operator's fault, which passes once it is mended: the caller's input was good.
  if (error instanceof CipherUnavailable || error instanceof CipherDenied) {
    return problem('service_unavailable', { cause: error })
  }
  return bodyError(error) ?? problem('internal', { cause: error })
}

/** Errors of express.json(), told apart by their documented `type`. */
function bodyError(error: unknown): ClarionError | undefined {
  if (!(error instanceof Error) || !('type' in error)) return undefined
  switch (error.type) {
    case 'entity.too.large':
      return problem('body_too_large')
    case 'entity.parse.failed':
    case 'request.aborted':
    case 'request.size.invalid':
    case 'entity.verify.failed':
      return problem('malformed_json')
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return problem('unsupported_media_type')
    default:
      return undefined
  }
}
