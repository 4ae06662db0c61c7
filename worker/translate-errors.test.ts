import { expect, test } from '@jest/globals'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { DatabaseUnavailable } from '../db/database-errors.ts'
import { rateLimited, transient } from '../domain/failures.ts'
import { CipherDenied, CipherRefused, CipherUnavailable } from '../vault/cipher-errors.ts'
import { translateErrors } from './translate-errors.ts'

const SECRET = 'sbx_secret_1'
const cause = new Error(`POST /token refresh_token=${SECRET}`)

async function translated(error: unknown): Promise<unknown> {
  const { execute } = translateErrors().inbound
  const input = { args: [], headers: {} }
  return execute?.(input, () => Promise.reject(error)).catch((thrown: unknown) => thrown)
}

test.each<[string, unknown]>([
  ['database_unavailable', new DatabaseUnavailable('unreachable', false, cause)],
  ['vault_unavailable', new CipherUnavailable('sealed')],
  ['vault_denied', new CipherDenied('no policy')],
  ['vault_refused', new CipherRefused('wrong context')],
  ['x_unavailable', transient({ code: 'x_unavailable', message: 'X is away.', cause })],
  ['internal', new TypeError(`${SECRET} is not a function`)],
  ['internal', `${SECRET}`],
])('%s is what histories keep of %p, and nothing of its cause', async (type, error) => {
  const failure = await translated(error)
  expect(failure).toBeInstanceOf(ApplicationFailure)
  expect(failure).toMatchObject({ type, nonRetryable: false })
  expect(JSON.stringify(failure, Object.getOwnPropertyNames(Object(failure)))).not.toContain(SECRET)
  expect(failure).toHaveProperty('cause', undefined)
})

test('a limit says when trying again makes sense', async () => {
  const retryAt = new Date(Date.now() + 60_000)
  const failure = await translated(rateLimited({ code: 'limited', message: 'Wait.', retryAt }))
  const delayMs = Number(Reflect.get(Object(failure), 'nextRetryDelay'))
  expect(delayMs).toBeGreaterThan(50_000)
  expect(delayMs).toBeLessThanOrEqual(60_000)
})

test('what is meant for Temporal is left as it is', async () => {
  const failures = [ApplicationFailure.nonRetryable('no', 'code'), new CancelledFailure('stop')]
  for (const failure of failures) expect(await translated(failure)).toBe(failure)
})
