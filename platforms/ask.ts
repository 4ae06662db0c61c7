import type { z } from 'zod'
import { outcomeUnknown, PlatformFailure, rejected, transient } from '../domain/failures.ts'
import type { Call } from './call.ts'
import { HttpNotSent, HttpOutcomeUnknown } from './http-errors.ts'
import type { HttpAnswer, HttpRequest } from './http-types.ts'
import { type RateLimitSpelling, readRateLimit } from './rate-limit-headers.ts'

/** Whether doing a call twice does harm; decides what a lost answer means. */
export type Effect = 'repeatable' | 'irreversible'

/** How one platform talks: its name for people, its headers, its refusals. */
export interface Dialect {
  platformName: string
  rateLimit: RateLimitSpelling
  /** The one translation of an answer that is not 2xx. */
  failureOf(answer: HttpAnswer, effect: Effect): PlatformFailure
}

/** Sends one request and returns its 2xx answer; anything else is thrown as `PlatformFailure`. */
export async function ask(
  dialect: Dialect,
  request: HttpRequest,
  call: Call,
  effect: Effect = 'repeatable',
): Promise<HttpAnswer> {
  const answer = await send(dialect, request, call, effect)
  const state = readRateLimit(answer.headers, dialect.rateLimit)
  if (state) call.onRateLimit?.(state)
  if (answer.status >= 200 && answer.status < 300) return answer
  throw dialect.failureOf(answer, effect)
}

/** The answer's JSON in the shape we need; a 2xx without it leaves an irreversible call unknown. */
export function readJson<Schema extends z.ZodType>(
  dialect: Dialect,
  answer: HttpAnswer,
  schema: Schema,
  effect: Effect = 'repeatable',
): z.output<Schema> {
  const parsed = schema.safeParse(jsonOrUndefined(answer))
  if (parsed.success) return parsed.data
  return raiseLost(effect, {
    code: 'unreadable_answer',
    message: `${dialect.platformName} answered in a form that Clarion does not know.`,
    httpStatus: answer.status,
  })
}

/** For refusals, whose bodies may be anything. */
export function jsonOrUndefined(answer: HttpAnswer): unknown {
  try {
    return answer.json()
  } catch (error) {
    if (error instanceof HttpOutcomeUnknown) return undefined
    throw error
  }
}

/** Translates what the transport (or a defect of ours) throws into one of the six kinds. */
export function transportFailure(
  platformName: string,
  error: unknown,
  effect: Effect,
): PlatformFailure {
  if (error instanceof PlatformFailure) return error
  if (error instanceof HttpNotSent) return notSentFailure(platformName, error)
  const lost = error instanceof HttpOutcomeUnknown
  const details = {
    code: lost ? 'answer_lost' : 'unexpected_error',
    message: `The answer of ${platformName} was lost.`,
    cause: error,
  }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

async function send(
  dialect: Dialect,
  request: HttpRequest,
  call: Call,
  effect: Effect,
): Promise<HttpAnswer> {
  const guard = effect === 'irreversible' && call.sendBefore ? { sendBefore: call.sendBefore } : {}
  try {
    return await call.http.request({ ...request, signal: call.signal, ...guard })
  } catch (error) {
    throw transportFailure(dialect.platformName, error, effect)
  }
}

function notSentFailure(platformName: string, error: HttpNotSent): PlatformFailure {
  if (error.reason === 'host_refused') {
    return rejected({
      code: 'host_refused',
      message: 'This server address may not be used: it must be a public https address.',
      cause: error,
    })
  }
  const code = error.reason === 'too_late' ? 'too_late' : 'platform_unreachable'
  const message = `${platformName} could not be reached; nothing was sent.`
  return transient({ code, message, cause: error })
}

function raiseLost(
  effect: Effect,
  details: { code: string; message: string; httpStatus: number },
): never {
  throw effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}
