import { createHash } from 'node:crypto'
import { DateTime } from 'luxon'
import type { Account } from '../../core/accounts.ts'
import { Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { scope } from '../google/scopes.ts'
import type { GoogleSite } from '../google/site.ts'
import { type GoogleAccess, personOf } from '../google/store.ts'
import { authorize } from '../google/tokens.ts'
import { badParameter, quotaExceeded, refusal } from './errors.ts'

/** Any of them may read: https://developers.google.com/youtube/v3/docs/channels/list */
export const READ_SCOPES = names('youtube.readonly youtube youtube.force-ssl youtubepartner')
export const UPLOAD_SCOPES = names('youtube.upload youtube youtube.force-ssl youtubepartner')
export const WRITE_SCOPES = names('youtube youtube.force-ssl youtubepartner')
export const COMMENT_SCOPES = names('youtube.force-ssl')

/** https://developers.google.com/youtube/v3/determine_quota_cost */
const UNITS_PER_DAY = 10_000
const UPLOADS_PER_DAY = 100
export const READ_UNITS = 1
export const WRITE_UNITS = 50
/** The cap of a channel is not disclosed; it has to be below the project's to be met at all. */
const UPLOADS_PER_CHANNEL = 50
const DAY_MS = 24 * 3_600_000
/** The one built-in person whose Google account has no channel. */
const WITHOUT_CHANNEL = 'carol'

/** Whom a request acts for. */
export interface Caller {
  grant: GoogleAccess
  channel: Account
}

export function hasChannel(account: Account): boolean {
  return personOf(account) !== WITHOUT_CHANNEL
}

/** The channel of the token, after its units are paid for. */
export function callerOf(
  site: GoogleSite,
  req: ApiRequest,
  scopes: readonly string[],
  units: number,
): Caller {
  const grant = authorize(site, req, scopes)
  spendUnits(site, grant.client_id, req.nowMs, units)
  const channel = site.store.state.accounts.byHandle('youtube', grant.person)
  if (channel !== undefined && hasChannel(channel)) return { grant, channel }
  throw refusal(401, 'youtubeSignupRequired', 'Unauthorized', 'youtube.header')
}

/** Units of the project's day, which ends at midnight Pacific. */
export function spendUnits(site: GoogleSite, clientId: string, nowMs: number, units: number): void {
  const budget = { limit: UNITS_PER_DAY, windowMs: untilMidnight(nowMs) }
  const { rateLimits } = site.store.state
  if (!rateLimits.take(`youtube units ${clientId}`, budget, nowMs, units).allowed) {
    throw new Refusal(quotaExceeded())
  }
}

/** Uploads have a bucket of their own, and the channel a cap. */
export function spendUpload(site: GoogleSite, { grant, channel }: Caller, nowMs: number): void {
  const { rateLimits } = site.store.state
  const project = { limit: UPLOADS_PER_DAY, windowMs: untilMidnight(nowMs) }
  if (!rateLimits.take(`youtube uploads ${grant.client_id}`, project, nowMs).allowed) {
    throw new Refusal(quotaExceeded())
  }
  const own = { limit: UPLOADS_PER_CHANNEL, windowMs: DAY_MS }
  if (rateLimits.take(`youtube channel ${channel.account_id}`, own, nowMs).allowed) return
  const message = 'The user has exceeded the number of videos they may upload.'
  throw refusal(400, 'uploadLimitExceeded', message)
}

/** `part` is required, and every name in it must be known. */
export function partsOf(req: ApiRequest, known: readonly string[]): string[] {
  const parts = (req.query.get('part') ?? '').split(',').filter((one) => one !== '')
  const location = 'part'
  if (parts.length === 0) {
    const message = 'Required parameter: part'
    throw new Refusal(badParameter({ message, domain: 'global', reason: 'required', location }))
  }
  const unknown = parts.find((one) => !known.includes(one))
  if (unknown === undefined) return parts
  const problem = { message: `'${unknown}'`, domain: 'youtube.part', reason: 'unknownPart' }
  throw new Refusal(badParameter({ ...problem, location }))
}

export function etag(of: string): string {
  return createHash('sha1').update(of).digest('base64url')
}

function untilMidnight(nowMs: number): number {
  const now = DateTime.fromMillis(nowMs, { zone: 'America/Los_Angeles' })
  return now.plus({ days: 1 }).startOf('day').toMillis() - nowMs
}

function names(list: string): string[] {
  return list.split(' ').map(scope)
}
