import {
  CipherDenied,
  type CipherError,
  CipherRefused,
  CipherUnavailable,
} from './cipher-errors.ts'

/** A request that brought no usable answer. Holds nothing of what was sent or received. */
export interface Failure {
  ok: false
  /** Undefined when no answer came. */
  status: number | undefined
  /** A system error's code, or what kind of refusal it was. */
  reason: string
}

export interface Success {
  ok: true
  body: unknown
}

export type Answer = Success | Failure

/** What node-vault rejected with, as an answer. */
export function answerOfRejection(error: unknown): Answer {
  const response = property(error, 'response')
  const status = property(response, 'statusCode')
  if (typeof status !== 'number') return { ok: false, status: undefined, reason: codeOf(error) }
  const body = property(response, 'body')
  // A batch in which no item succeeded comes as 400 or 500 with the usual list of results.
  if (Array.isArray(property(property(body, 'data'), 'batch_results'))) return { ok: true, body }
  return { ok: false, status, reason: reasonOf(body) }
}

/** Worth another try: overload, a standby or sealed server, a broken connection. */
export function isTransient({ status }: Failure): boolean {
  return status === undefined || status === 412 || status === 429 || status >= 500
}

export function errorOf(failure: Failure, path: string): CipherError {
  const { status, reason } = failure
  if (status === undefined) return new CipherUnavailable(`Vault cannot be reached (${reason})`)
  if (status === 403 || status === 401) {
    return new CipherDenied(`Vault does not accept our token or its policies for ${path}`)
  }
  // A mount or key that is not set up yet says nothing about the ciphertext.
  if (status === 404 || reason === 'no key') {
    return new CipherUnavailable(`Vault has no ${path}; set up the transit mount and key`)
  }
  if (reason === 'sealed') return new CipherUnavailable('Vault is sealed')
  if (status === 400 || status === 413)
    return new CipherRefused(`Vault answered ${status} to ${path}`)
  return new CipherUnavailable(`Vault answered ${status}`)
}

function reasonOf(body: unknown): string {
  const errors = property(body, 'errors')
  const text = Array.isArray(errors) ? errors.map(String).join(' ') : ''
  if (/sealed/i.test(text)) return 'sealed'
  if (/key not found|no existing key/i.test(text)) return 'no key'
  return 'other'
}

/** fetch hides the system error in its cause, and for several addresses in a list there. */
function codeOf(error: unknown): string {
  if (property(error, 'name') === 'TimeoutError') return 'timeout'
  const cause = property(error, 'cause')
  const code = property(cause, 'code') ?? property(error, 'code')
  return typeof code === 'string' ? code : 'no answer'
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Reflect.get(value, name)
}
