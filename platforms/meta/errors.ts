import {
  authExpired,
  authRevoked,
  outcomeUnknown,
  type PlatformFailure,
  rateLimited,
  rejected,
  transient,
} from '../../domain/failures.ts'
import type { Effect } from '../ask.ts'
import type { HttpAnswer } from '../http.ts'
import { asSentence } from '../platform-words.ts'
import { readRetryAfter } from '../rate-limit-headers.ts'
import { type GraphProblem, readProblem } from './problem.ts'
import { regainedAt } from './usage.ts'

/** Whom people know, and what its failure codes begin with. */
export interface GraphNames {
  /** `Facebook` */
  name: string
  /** `facebook` */
  prefix: string
}

/** Where no header says how long: Meta's windows slide over an hour. */
const DEFAULT_WAIT_MS = 60 * 60_000

/** https://developers.facebook.com/docs/graph-api/overview/rate-limiting#error-codes */
const RATE_LIMIT_CODES: ReadonlySet<number> = new Set([4, 17, 32, 341, 613])
/** "Action is blocked", no limit although its code is one. */
const BLOCKED_SUBCODE = 2207051
const POSTING_TOO_FAST_SUBCODE = 1390008

interface Ended {
  code: string
  message: (name: string) => string
}

const RECONNECT = 'Please connect the account again.'

/** Subcodes of 190 that prove the access dead, and what a person can do about each.
 * https://developers.facebook.com/docs/graph-api/guides/error-handling#subcodes */
const ENDED: ReadonlyMap<number, Ended> = new Map<number, Ended>([
  [
    458,
    {
      code: 'app_removed',
      message: (name) => `Clarion was removed from the apps at ${name}. ${RECONNECT}`,
    },
  ],
  [
    459,
    {
      code: 'checkpoint',
      message: (name) =>
        `${name} asks for a security check: log in there first, then connect the account again.`,
    },
  ],
  [
    460,
    {
      code: 'password_changed',
      message: (name) => `The password at ${name} was changed. ${RECONNECT}`,
    },
  ],
  [
    464,
    {
      code: 'account_unconfirmed',
      message: (name) =>
        `${name} asks to confirm the account: log in there first, then connect the account again.`,
    },
  ],
  [
    492,
    {
      code: 'role_lost',
      message: () =>
        'The person who connected this Page lost their role. Someone with a role must connect it again.',
    },
  ],
])

const EXPIRED_SUBCODE = 463

/** The one translation of what a Graph API (Facebook, Instagram, Threads) answers. */
export function graphFailure(
  names: GraphNames,
  answer: HttpAnswer,
  effect: Effect,
): PlatformFailure {
  const problem = readProblem(answer)
  const httpStatus = answer.status
  if (isLimit(problem, httpStatus)) return limitFailure(names, answer)
  if (isServerTrouble(problem, answer)) return serverFailure(names, httpStatus, effect)
  if (isAboutToken(problem, httpStatus)) return tokenFailure(names, problem, httpStatus)
  if (httpStatus < 400) {
    const message = `${names.name} answered with a redirect.`
    return transient({ code: `${names.prefix}_redirected`, message, httpStatus })
  }
  return refusal(names, problem, httpStatus)
}

/** What a dead token is called, from an error's subcode or from `debug_token`. */
export function tokenFailure(
  { name, prefix }: GraphNames,
  { subcode, words }: Pick<GraphProblem, 'subcode' | 'words'>,
  httpStatus?: number,
): PlatformFailure {
  const ended = ENDED.get(subcode ?? roleSubcode(words))
  const details = httpStatus === undefined ? {} : { httpStatus }
  if (ended) {
    const message = ended.message(name)
    return authRevoked({ code: `${prefix}_${ended.code}`, message, ...details })
  }
  if (words.includes('validating application')) return appRefused({ name, prefix }, httpStatus)
  const isOver = subcode === EXPIRED_SUBCODE || words.includes('session has expired')
  return authExpired({
    code: `${prefix}_${isOver ? 'session_expired' : 'token_refused'}`,
    message: isOver ? `The access that ${name} gave has expired.` : `${name} refused the access.`,
    ...details,
  })
}

/** All that an account may post within its rolling window of 24 hours was posted. */
export function dailyCap({ name, prefix }: GraphNames, waitMs: number): PlatformFailure {
  return rateLimited({
    code: `${prefix}_daily_cap`,
    message: `${name} allows this account no more posts within 24 hours.`,
    retryAt: new Date(Date.now() + waitMs),
  })
}

/** About Clarion's app, and no proof against the account. */
export function appRefused({ name, prefix }: GraphNames, httpStatus?: number): PlatformFailure {
  return rejected({
    code: `${prefix}_app_refused`,
    message: `${name} refused Clarion’s app credentials or its redirect address. Check the app’s settings there.`,
    ...(httpStatus === undefined ? {} : { httpStatus }),
  })
}

/** A Page's role loss comes without a subcode too, only in words. */
function roleSubcode(words: string): number {
  return words.includes('must be granted before impersonating') ? 492 : 0
}

function isLimit({ code, subcode }: GraphProblem, httpStatus: number): boolean {
  if (subcode === BLOCKED_SUBCODE) return false
  if (httpStatus === 429 || subcode === POSTING_TOO_FAST_SUBCODE) return true
  return code !== undefined && (RATE_LIMIT_CODES.has(code) || (code >= 80_000 && code < 80_100))
}

/** An outage page of Meta may come as a 4xx with HTML. */
function isServerTrouble(problem: GraphProblem, answer: HttpAnswer): boolean {
  if (problem.isTransient || problem.code === 1 || problem.code === 2) return true
  if (answer.status >= 500 || answer.status === 408) return true
  return answer.status >= 400 && /^\s*<(!doctype|html)/i.test(answer.text)
}

function isAboutToken({ code }: GraphProblem, httpStatus: number): boolean {
  return code === 190 || code === 102 || (code === undefined && httpStatus === 401)
}

function limitFailure({ name, prefix }: GraphNames, answer: HttpAnswer): PlatformFailure {
  const now = new Date()
  const asked = regainedAt(answer.headers, now) ?? readRetryAfter(answer.headers, now)
  return rateLimited({
    code: `${prefix}_rate_limited`,
    message: `${name} asks to wait before the next call.`,
    retryAt: asked && asked > now ? asked : new Date(now.getTime() + DEFAULT_WAIT_MS),
    httpStatus: answer.status,
  })
}

function serverFailure(
  { name, prefix }: GraphNames,
  httpStatus: number,
  effect: Effect,
): PlatformFailure {
  const message = `${name} has a problem of its own.`
  const details = { code: `${prefix}_unavailable`, message, httpStatus }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

/** https://developers.facebook.com/docs/graph-api/guides/error-handling#errorcodes */
function refusal(names: GraphNames, problem: GraphProblem, httpStatus: number): PlatformFailure {
  const { name, prefix } = names
  const { code = 0, subcode } = problem
  if (code === 101 || problem.words.includes('appsecret_proof')) {
    return appRefused(names, httpStatus)
  }
  if (code === 3 || code === 10 || (code >= 200 && code < 300)) {
    const message = `${name} says that a permission is missing. Connect the account again and leave all permissions ticked.`
    return rejected({ code: `${prefix}_permission_missing`, message, httpStatus })
  }
  if (code === 368 || subcode === BLOCKED_SUBCODE) {
    const message = `${name} blocks this account for now. Look at its account status there.`
    return rejected({ code: `${prefix}_account_blocked`, message, httpStatus })
  }
  if ((code === 100 && subcode === 33) || httpStatus === 404) {
    const message = `${name} does not show this to Clarion: it was deleted, or access to it ended.`
    return rejected({ code: `${prefix}_not_found`, message, httpStatus })
  }
  const message = `${name} refused the request${problem.sentence ? `: ${asSentence(problem.sentence)}` : '.'}`
  return rejected({ code: `${prefix}_invalid_request`, message, httpStatus })
}
