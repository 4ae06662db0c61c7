import { describe, expect, test } from '@jest/globals'
import { DatabaseUnavailable } from '../../db/database-errors.ts'
import { ERRORS, isErrorCode, problem } from '../../domain/errors.ts'
import { CipherDenied, CipherRefused, CipherUnavailable } from '../../vault/cipher-errors.ts'
import { renderProblem, toClarionError } from './problems.ts'

describe('toClarionError', () => {
  test.each([
    [new DatabaseUnavailable('unreachable', false, new Error('x')), 'service_unavailable'],
    [new DatabaseUnavailable('unreachable', true, new Error('x')), 'outcome_pending'],
    [new CipherUnavailable('sealed'), 'service_unavailable'],
    [new CipherDenied('policy'), 'service_unavailable'],
    [new CipherRefused('damaged'), 'internal'],
    [new Error('secret detail'), 'internal'],
    ['thrown text', 'internal'],
  ])('%s is %s', (error, code) => {
    const known = toClarionError(error)
    expect(known.code).toBe(code)
    expect(known.cause).toBe(error)
  })
})

describe('renderProblem', () => {
  test('renders every code of the catalogue, and nothing of its cause', () => {
    for (const code of Object.keys(ERRORS).filter(isErrorCode)) {
      const { status, body } = renderProblem(
        problem(code, { cause: new Error('hush') }),
        'r1',
        'http://c',
      )
      expect([status, body.code, body.request_id]).toEqual([ERRORS[code].status, code, 'r1'])
      expect(body.type).toBe(`http://c/docs/errors#${code}`)
      expect(JSON.stringify(body)).not.toContain('hush')
    }
  })

  test('says when to come back', () => {
    const headers = (error: ReturnType<typeof problem>) => renderProblem(error, 'r', '').headers
    expect(headers(problem('service_unavailable'))['retry-after']).toBe('2')
    expect(headers(problem('rate_limited', { retryAfterSeconds: 0.2 }))['retry-after']).toBe('1')
    expect(headers(problem('not_found'))['retry-after']).toBeUndefined()
    expect(headers(problem('unauthenticated'))['www-authenticate']).toContain('Bearer')
  })
})
