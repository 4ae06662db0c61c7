import { authRevoked, type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { HttpAnswer } from '../http.ts'
import { appRefused, type GraphNames, graphFailure } from './errors.ts'
import { readProblem } from './problem.ts'

/** The subcodes of code 100 for a code that ran out or was used. */
const SPENT_CODE_SUBCODES: ReadonlySet<number> = new Set([36007, 36009])
const SPENT_CODE_WORDS = /authorization code|verification code|matching code/
const APP_WORDS =
  /client.?secret|client.?id|redirect.?uri|validating application|platform app|\bapp id\b/

/** A refused authorization code. A wrong app secret comes as code 1, like an outage. */
export function codeFailure(names: GraphNames, answer: HttpAnswer): PlatformFailure {
  const { code, subcode, words } = readProblem(answer)
  const httpStatus = answer.status
  if (code === 101 || code === 191 || APP_WORDS.test(words)) return appRefused(names, httpStatus)
  if (SPENT_CODE_SUBCODES.has(subcode ?? 0) || SPENT_CODE_WORDS.test(words)) {
    return rejected({
      code: `${names.prefix}_code_spent`,
      message: `The consent at ${names.name} took too long or was used already. Please connect the account again.`,
      httpStatus,
    })
  }
  return graphFailure(names, answer, 'repeatable')
}

/** Calls that carry app credentials alone: a refused token is the app's own. */
export function appFailure(names: GraphNames, answer: HttpAnswer): PlatformFailure {
  if (APP_WORDS.test(readProblem(answer).words)) return appRefused(names, answer.status)
  const failure = graphFailure(names, answer, 'repeatable')
  const passes = failure.kind === 'transient' || failure.kind === 'rate_limited'
  return passes ? failure : appRefused(names, answer.status)
}

/**
 * A token that could not be traded for a longer one. One that ran out is beyond renewal, and so are
 * those that Meta says have ended; any other refusal proves nothing about the account.
 */
export function renewalFailure(names: GraphNames, answer: HttpAnswer): PlatformFailure {
  const { code, words } = readProblem(answer)
  const httpStatus = answer.status
  if (APP_WORDS.test(words)) return appRefused(names, httpStatus)
  if (code !== 190 && /24 hours|too (new|young|recent|early)/.test(words)) {
    return transient({
      code: `${names.prefix}_token_too_young`,
      message: `${names.name} renews an access no sooner than a day after it was given.`,
      httpStatus,
    })
  }
  const failure = graphFailure(names, answer, 'repeatable')
  if (failure.kind !== 'auth_expired') return failure
  if (failure.code === `${names.prefix}_session_expired`) {
    const message = `The access that ${names.name} gave ran out before it was renewed. Please connect the account again.`
    return authRevoked({ code: failure.code, message, httpStatus })
  }
  return rejected({ code: failure.code, message: failure.message, httpStatus })
}
