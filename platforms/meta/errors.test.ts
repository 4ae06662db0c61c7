import { describe, expect, test } from '@jest/globals'
import type { FailureKind } from '../../domain/failures.ts'
import type { Effect } from '../ask.ts'
import { type HttpAnswer, HttpOutcomeUnknown } from '../http.ts'
import { type GraphNames, graphFailure } from './errors.ts'
import { appFailure, codeFailure, renewalFailure } from './token-errors.ts'

const NAMES = { name: 'Facebook', prefix: 'facebook' }
const TOKEN = 'EAABsbCS1iHgBO7ZCxyz0123456789abcdefghijkl'

interface GraphError {
  code?: number
  error_subcode?: number
  message?: string
  is_transient?: boolean
  error_user_msg?: string
}

function answerOf(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const isJson = text.startsWith('{')
  const json = () => {
    if (isJson) return JSON.parse(text)
    throw new HttpOutcomeUnknown({ method: 'GET', url: new URL('https://g.test') }, 'unparsable')
  }
  return { status, headers: new Headers(headers), text, json }
}

function refused(error: GraphError, status = 400, headers: Record<string, string> = {}) {
  return answerOf(status, { error: { type: 'OAuthException', fbtrace_id: 'A', ...error } }, headers)
}

function failed(answer: HttpAnswer, effect: Effect = 'repeatable') {
  return graphFailure(NAMES, answer, effect)
}

describe('what Graph errors mean', () => {
  test.each<[GraphError & { status?: number }, FailureKind, string]>([
    [{ code: 4, is_transient: true }, 'rate_limited', 'rate_limited'],
    [{ code: 17 }, 'rate_limited', 'rate_limited'],
    [{ code: 32, status: 403 }, 'rate_limited', 'rate_limited'],
    [{ code: 341 }, 'rate_limited', 'rate_limited'],
    [{ code: 613 }, 'rate_limited', 'rate_limited'],
    [{ code: 80001 }, 'rate_limited', 'rate_limited'],
    [{ code: 80002 }, 'rate_limited', 'rate_limited'],
    [{ code: 9, error_subcode: 1390008 }, 'rate_limited', 'rate_limited'],
    [{ status: 429 }, 'rate_limited', 'rate_limited'],
    [{ code: 4, error_subcode: 2207051 }, 'rejected', 'account_blocked'],
    [{ code: 1, status: 500 }, 'transient', 'unavailable'],
    [{ code: 2 }, 'transient', 'unavailable'],
    [{ code: 100, is_transient: true }, 'transient', 'unavailable'],
    [{ code: 190, is_transient: true }, 'transient', 'unavailable'],
    [{ code: 190, error_subcode: 463 }, 'auth_expired', 'session_expired'],
    [
      { code: 190, message: 'Session has expired on Friday, 11-Sep-20 06:41:31 PDT.' },
      'auth_expired',
      'session_expired',
    ],
    [{ code: 190, error_subcode: 467, status: 401 }, 'auth_expired', 'token_refused'],
    [{ code: 190 }, 'auth_expired', 'token_refused'],
    [{ code: 102 }, 'auth_expired', 'token_refused'],
    [{ status: 401 }, 'auth_expired', 'token_refused'],
    [{ code: 190, error_subcode: 458 }, 'auth_revoked', 'app_removed'],
    [{ code: 190, error_subcode: 459 }, 'auth_revoked', 'checkpoint'],
    [{ code: 190, error_subcode: 460, status: 401 }, 'auth_revoked', 'password_changed'],
    [{ code: 102, error_subcode: 464 }, 'auth_revoked', 'account_unconfirmed'],
    [{ code: 190, error_subcode: 492 }, 'auth_revoked', 'role_lost'],
    [
      { code: 190, message: 'A role must be granted before impersonating a user’s page.' },
      'auth_revoked',
      'role_lost',
    ],
    [
      { code: 190, message: 'Error validating application. Application has been deleted.' },
      'rejected',
      'app_refused',
    ],
    [{ code: 101 }, 'rejected', 'app_refused'],
    [{ code: 100, message: 'Invalid appsecret_proof provided' }, 'rejected', 'app_refused'],
    [{ code: 3 }, 'rejected', 'permission_missing'],
    [{ code: 10, status: 403 }, 'rejected', 'permission_missing'],
    [{ code: 200, status: 403 }, 'rejected', 'permission_missing'],
    [{ code: 299 }, 'rejected', 'permission_missing'],
    [{ code: 368 }, 'rejected', 'account_blocked'],
    [{ code: 100, error_subcode: 33 }, 'rejected', 'not_found'],
    [{ code: 803, status: 404 }, 'rejected', 'not_found'],
    [{ code: 100 }, 'rejected', 'invalid_request'],
    [{ code: 300 }, 'rejected', 'invalid_request'],
  ])('%j is %s (%s)', ({ status = 400, ...error }, kind, code) => {
    expect(failed(refused(error, status))).toMatchObject({ kind, code: `facebook_${code}` })
  })

  test.each<[string, HttpAnswer]>([
    ['an outage page under 400', answerOf(400, '<!DOCTYPE html><title>Sorry</title>')],
    ['an outage page under 503', answerOf(503, '<html></html>')],
    ['500 without a body', answerOf(500, '')],
    ['408', answerOf(408, '')],
    ['a redirect', answerOf(302, '')],
  ])('%s passes', (_name, answer) => {
    expect(failed(answer).kind).toBe('transient')
  })

  test('trouble after an irreversible call leaves its outcome open', () => {
    expect(failed(refused({ code: 2 }, 500), 'irreversible').kind).toBe('outcome_unknown')
    expect(failed(refused({ code: 613 }), 'irreversible').kind).toBe('rate_limited')
  })

  test('waits the minutes of the header, else Retry-After, else an hour', () => {
    const usage = { '9': [{ type: 'pages', estimated_time_to_regain_access: 23 }] }
    const headers: Record<string, string>[] = [
      { 'x-business-use-case-usage': JSON.stringify(usage), 'retry-after': '60' },
      { 'retry-after': '120' },
      {},
    ]
    const waits = headers.map((one) => {
      const retryAt = failed(refused({ code: 32 }, 400, one)).retryAt ?? new Date(0)
      return Math.round((retryAt.getTime() - Date.now()) / 60_000)
    })
    expect(waits).toEqual([23, 2, 60])
  })

  test('Meta’s own words reach people, its tokens do not', () => {
    const words = 'The photo is too large.'
    expect(failed(refused({ code: 100, error_user_msg: words })).message).toContain(words)
    const message = `(#100) Malformed access token ${TOKEN}`
    expect(failed(refused({ code: 100, message })).message).toBe(
      'Facebook refused the request: Malformed access token …',
    )
  })
})

type Translate = (names: GraphNames, answer: HttpAnswer) => { kind: string; code: string }

describe('what refusals of tokens mean', () => {
  const hostError = (error_message: string) =>
    answerOf(400, { error_type: 'OAuthException', code: 400, error_message })

  test.each<[string, Translate, HttpAnswer, FailureKind, string]>([
    [
      'a used code',
      codeFailure,
      refused({ code: 100, error_subcode: 36009 }),
      'rejected',
      'code_spent',
    ],
    [
      'an expired code',
      codeFailure,
      refused({ code: 100, message: 'This authorization code has expired.' }),
      'rejected',
      'code_spent',
    ],
    [
      'a used code, flat',
      codeFailure,
      hostError('Matching code was not found or was already used'),
      'rejected',
      'code_spent',
    ],
    [
      'a wrong secret under code 1',
      codeFailure,
      refused({ code: 1, message: 'Error validating client secret.' }),
      'rejected',
      'app_refused',
    ],
    [
      'another redirect address',
      codeFailure,
      refused({
        code: 100,
        error_subcode: 36008,
        message:
          'Error validating verification code. Please make sure your redirect_uri is identical',
      }),
      'rejected',
      'app_refused',
    ],
    ['a wrong app', codeFailure, hostError('Invalid platform app'), 'rejected', 'app_refused'],
    ['an outage', codeFailure, refused({ code: 2 }), 'transient', 'unavailable'],
    ['an app token refused', appFailure, refused({ code: 190 }), 'rejected', 'app_refused'],
    ['an app limit', appFailure, refused({ code: 4 }), 'rate_limited', 'rate_limited'],
    ['an outage for the app', appFailure, answerOf(502, ''), 'transient', 'unavailable'],
    [
      'too late',
      renewalFailure,
      refused({ code: 190, error_subcode: 463 }),
      'auth_revoked',
      'session_expired',
    ],
    [
      'removed',
      renewalFailure,
      refused({ code: 190, error_subcode: 458 }),
      'auth_revoked',
      'app_removed',
    ],
    ['no proof', renewalFailure, refused({ code: 190 }), 'rejected', 'token_refused'],
    [
      'too early',
      renewalFailure,
      refused({ code: 100, message: 'The token must be at least 24 hours old' }),
      'transient',
      'token_too_young',
    ],
    [
      'not renewable',
      renewalFailure,
      refused({ code: 100, message: 'Unsupported request - method type: get' }),
      'rejected',
      'invalid_request',
    ],
    [
      'a wrong secret',
      renewalFailure,
      refused({ code: 1, message: 'Error validating client secret.' }),
      'rejected',
      'app_refused',
    ],
  ])('%s', (_name, translate, answer, kind, code) => {
    expect(translate(NAMES, answer)).toMatchObject({ kind, code: `facebook_${code}` })
  })
})
