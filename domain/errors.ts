/**
 * Every error Clarion answers with: HTTP status, whether trying again unchanged can help, what it
 * means and what to do. docs/errors.md is held equal to this table by a test.
 */
export interface ErrorSpec {
  status: number
  retryable: boolean
  title: string
  action: string
}

export const ERRORS = {
  validation_failed: spec(
    422,
    'The request has invalid fields.',
    'Correct the fields named in errors[] and send it again.',
  ),
  content_invalid: spec(
    422,
    'The content cannot be published as it is.',
    'Correct what errors[] names for each target.',
  ),
  scheduled_at_past: spec(
    422,
    'The time to publish is not in the future.',
    'Give a later scheduled_at, or publish: "now".',
  ),
  unknown_connection: spec(
    422,
    'A target names a connection that does not exist here.',
    'List the connections and use one of their ids.',
  ),
  no_default_connection: spec(
    422,
    'There is no active connection for a named platform.',
    'Connect an account of this platform, or name targets by connection_id.',
  ),
  inactive_connection: spec(
    422,
    'A target names a connection that cannot publish.',
    'Reconnect or switch on the connection, or leave the target out.',
  ),
  platform_unsupported: spec(
    422,
    'The platform does not offer this to apps.',
    'See GET /v1/platforms for what each platform offers.',
  ),
  removal_incomplete: spec(
    409,
    'Not every platform has deleted the post.',
    'Mend what errors[] names for each target and delete again, or delete it there by hand.',
  ),
  credentials_refused: spec(
    422,
    'The platform refused these credentials.',
    'Check them at the platform and try again.',
  ),
  no_connectable_account: spec(
    422,
    'The consent covers no account that can be connected.',
    'Mend what the account’s problem names at the platform, then connect again.',
  ),
  instance_refused: spec(
    422,
    'This host may not be contacted, or does not answer as it should.',
    'Give the public https address of the instance.',
  ),
  idempotency_key_reused: spec(
    422,
    'This Idempotency-Key was used with another request.',
    'Use a new key for a new request.',
  ),
  malformed_json: spec(400, 'The body is not valid JSON.', 'Send a JSON object.'),
  invalid_cursor: spec(
    400,
    'The cursor is not one that this list gave.',
    'Start again without a cursor.',
  ),
  invalid_header: spec(
    400,
    'A header has an invalid value.',
    'Correct the header named in detail.',
  ),
  media_unsupported: spec(
    422,
    'This kind of file cannot be posted.',
    'Save the file as detail says and send it again.',
  ),
  media_broken: spec(
    422,
    'The file is damaged or not complete.',
    'Export or download it again, then send it again.',
  ),
  media_unreachable: spec(
    422,
    'The file could not be fetched from its address.',
    'Give a public https address that answers with the file itself, or upload the file.',
  ),
  malformed_upload: spec(
    400,
    'The body is not a multipart form with one file in the field file.',
    'Send multipart/form-data with one field file, to its end.',
  ),
  media_too_large: spec(
    413,
    'The file is larger than this installation takes.',
    'Make it smaller than detail says.',
  ),
  media_link_invalid: spec(
    403,
    'This address of a file has ended or was changed.',
    'Read the file’s url again: each lasts for an hour.',
  ),
  range_not_satisfiable: spec(
    416,
    'The file has no such bytes.',
    'Ask for a range within the length that Content-Range tells.',
  ),
  media_in_use: spec(
    409,
    'Posts use this file.',
    'Take it out of the posts named in detail, or delete them, first.',
  ),
  body_too_large: spec(413, 'The body is too large.', 'Keep JSON bodies below 256 kB.'),
  unsupported_media_type: spec(
    415,
    'The body must be JSON.',
    'Send Content-Type: application/json.',
  ),
  unauthenticated: spec(
    401,
    'No valid credentials were given.',
    'Send Authorization: Bearer with an API key.',
  ),
  insufficient_scope: spec(
    403,
    'The key lacks a scope for this.',
    'Use a key that has the scope named in detail.',
  ),
  self_approval: spec(
    403,
    'Authors may not approve their own posts here.',
    'Ask a colleague, or allow self-approval for the tenant.',
  ),
  not_found: spec(
    404,
    'There is nothing here by this id.',
    'Check the id; other tenants are invisible.',
  ),
  method_not_allowed: spec(
    405,
    'This address does not take this method.',
    'See Allow for the methods it takes.',
  ),
  illegal_transition: spec(
    409,
    'The present state does not allow this.',
    'See current_status and allowed_actions.',
  ),
  already_publishing: spec(
    409,
    'Publishing has begun; it was too late to change or withdraw this.',
    'Wait for the outcome; see the targets.',
  ),
  approval_required: spec(409, 'This needs approval first.', 'Submit it and have it approved.'),
  approval_not_required: spec(409, 'This post needs no approval.', 'Schedule or publish it.'),
  approval_not_pending: spec(409, 'No approval is pending.', 'Submit the post for approval first.'),
  approval_already_pending: spec(409, 'Approval is already asked for.', 'Wait for the decision.'),
  already_approved: spec(409, 'The post is approved already.', 'Schedule or publish it.'),
  nothing_to_retry: spec(
    409,
    'No failed target can be tried again as it is.',
    'Change what failure_reason names, then retry.',
  ),
  target_not_unconfirmed: spec(
    409,
    'This target is not waiting for confirmation.',
    'Resolve only targets whose status is unconfirmed.',
  ),
  external_id_taken: spec(
    409,
    'Another post has this external_id.',
    'Use the post named in detail, or another external_id.',
  ),
  connection_not_refreshable: spec(
    409,
    'This connection has no token that could be refreshed.',
    'Reconnect the account if it has stopped working.',
  ),
  account_mismatch: spec(
    409,
    'The consent was given for another account.',
    'Reconnect with the account of this connection.',
  ),
  oauth_session_expired: spec(
    409,
    'The time to choose accounts of this consent is over.',
    'Start connecting again.',
  ),
  platform_app_in_use: spec(
    409,
    'Connected accounts live by tokens of this app.',
    'Disconnect them, or connect them again with another app, first.',
  ),
  platform_app_name_taken: spec(
    409,
    'Another app of this platform has this name.',
    'Give another name.',
  ),
  idempotency_in_flight: spec(
    409,
    'A request with this Idempotency-Key is still running.',
    'Wait and send it again.',
    true,
  ),
  precondition_failed: spec(
    412,
    'It was changed since you read it.',
    'Read it again and repeat your change on its revision.',
  ),
  rate_limited: spec(429, 'Too many requests.', 'Wait as Retry-After says.', true),
  oauth_state_invalid: spec(
    400,
    'The state of this callback is unknown, expired or used.',
    'Start connecting again.',
  ),
  oauth_denied: spec(400, 'Access was not granted.', 'Start again and allow access.'),
  oauth_scope_missing: spec(
    400,
    'A permission that is needed was not granted.',
    'Start again and leave the permissions named in detail ticked.',
  ),
  oauth_failed: spec(
    502,
    'The platform did not complete the authorization.',
    'Start connecting again in a moment.',
    true,
  ),
  platform_unavailable: spec(
    502,
    'The platform cannot be asked just now.',
    'Try again in a moment.',
    true,
  ),
  service_unavailable: spec(
    503,
    'A part of Clarion is not reachable just now. Nothing was changed.',
    'Try again as Retry-After says.',
    true,
  ),
  outcome_pending: spec(
    504,
    'The command was taken, but its result is not known yet.',
    'Repeat with the same Idempotency-Key, or read the resource.',
    true,
  ),
  internal: spec(
    500,
    'Something went wrong on our side.',
    'Try again; if it stays, give us the request_id.',
    true,
  ),
} as const

export type ErrorCode = keyof typeof ERRORS

/** One thing wrong with one place of the input; `path` is a JSON path such as `targets[0].content`. */
export interface FieldError {
  path: string
  code: string
  message: string
}

export interface ProblemExtras {
  detail?: string
  errors?: readonly FieldError[]
  /** For 409: the state that refused and what it would allow. */
  currentStatus?: string
  allowedActions?: readonly string[]
  retryAfterSeconds?: number
  cause?: unknown
}

/** An error whose whole content may be shown to the caller. */
export class ClarionError extends Error {
  readonly code: ErrorCode
  readonly extras: Omit<ProblemExtras, 'cause'>

  constructor(code: ErrorCode, extras: ProblemExtras = {}) {
    const { cause, ...shown } = extras
    super(shown.detail ?? ERRORS[code].title, { cause })
    this.name = 'ClarionError'
    this.code = code
    this.extras = shown
  }
}

export function problem(code: ErrorCode, extras: ProblemExtras = {}): ClarionError {
  return new ClarionError(code, extras)
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

function spec(status: number, title: string, action: string, retryable = false): ErrorSpec {
  return { status, retryable, title, action }
}
