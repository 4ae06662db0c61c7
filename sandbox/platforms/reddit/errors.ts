import { type Answer, json } from '../../http/answer.ts'
import type { SpokenFault } from '../../http/endpoint.ts'

const WORDS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

export const NOT_ALLOWED: readonly [string, string, string] = [
  'SUBREDDIT_NOTALLOWED',
  "you aren't allowed to post there.",
  'sr',
]

/** The body Reddit gives every plain HTTP error. */
export function plainError(status: number, more: Record<string, unknown> = {}): Answer {
  return json(status, { ...more, message: WORDS[status] ?? 'Error', error: status })
}

export function wrongClient(): Answer {
  return { ...plainError(401), headers: { 'www-authenticate': 'Basic realm="reddit"' } }
}

export function invalidToken(): Answer {
  const challenge = 'Bearer realm="reddit", error="invalid_token"'
  return { ...plainError(401), headers: { 'www-authenticate': challenge } }
}

export function insufficientScope(): Answer {
  const challenge = 'Bearer realm="reddit", error="insufficient_scope"'
  return { ...plainError(403), headers: { 'www-authenticate': challenge } }
}

/** A refused code is no HTTP error: the answer has status 200 and an `error`. */
export function refusedGrant(error: 'invalid_grant' | 'unsupported_grant_type'): Answer {
  return json(200, { error })
}

export function oauthError(error: 'invalid_request' | 'unauthorized_client'): Answer {
  return json(400, { error })
}

/** https://support.reddithelp.com/hc/en-us/articles/16160319875092 : reset in seconds from now. */
export function limitHeaders(window: {
  used: number
  remaining: number
  resetInS: number
}): Record<string, string> {
  return {
    'x-ratelimit-used': String(window.used),
    'x-ratelimit-remaining': window.remaining.toFixed(1),
    'x-ratelimit-reset': String(window.resetInS),
  }
}

/** Code, words for the author, field: how a write is refused, under HTTP 200. */
export type RedditError = readonly [string, string, string]

/** The answer to a write with `api_type=json`, refused ones included. */
export function written(errors: readonly RedditError[], data?: unknown): Answer {
  return json(200, { json: data === undefined ? { errors } : { errors, data } })
}

/** The throttle of posting: apart from the requests of the app, and no HTTP error. */
function tooMuch(retryAfterS: number): Answer {
  const [count, unit] =
    retryAfterS < 60 ? [retryAfterS, 'second'] : [Math.ceil(retryAfterS / 60), 'minute']
  const wait = `${count} ${unit}${count === 1 ? '' : 's'}`
  const words = `Looks like you've been doing that a lot. Take a break for ${wait} before trying again.`
  const errors = [['RATELIMIT', words, 'ratelimit']]
  return json(200, { json: { ratelimit: retryAfterS, errors } })
}

/** Reddit’s wording of a fault. */
export function speakReddit(fault: SpokenFault): Answer {
  switch (fault.kind) {
    case 'status':
      return speakStatus(fault)
    case 'refuse':
      if (fault.step === 'publish') return written([NOT_ALLOWED])
      return fault.step === 'token' ? plainError(400) : plainError(403)
    case 'duplicate':
      return json(200, {
        json: { errors: [['ALREADY_SUB', 'that link has already been submitted', 'url']] },
      })
    case 'rate_limit': {
      if (fault.step === 'publish') return tooMuch(fault.retryAfterS)
      const headers = limitHeaders({ used: 1000, remaining: 0, resetInS: fault.retryAfterS })
      return { ...plainError(429), headers }
    }
  }
}

function speakStatus({ status, step }: SpokenFault): Answer {
  if (status !== 401) return plainError(status)
  return step === 'token' ? wrongClient() : invalidToken()
}
