import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import { ask, type Effect } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Committed, Draft } from '../connector.ts'
import { serviceHost } from '../hosts.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import type { MediaSource } from '../media.ts'
import { parseSettings } from '../settings.ts'
import { GOOGLE_BUSINESS_DIALECT } from './dialect.ts'
import { googleBusinessSettings, type Schedule } from './settings.ts'

/** https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts */
export const localPostSchema = z.object({
  name: z.string().regex(/^accounts\/[^/]+\/locations\/[^/]+\/localPosts\/[^/]+$/),
  state: z.string().default('PROCESSING'),
  topicType: z.string().optional(),
  summary: z.string().optional(),
  searchUrl: z.string().optional(),
  createTime: z.iso.datetime({ offset: true }).optional(),
  event: z.object({ title: z.string().optional() }).optional(),
})

export type LocalPost = z.output<typeof localPostSchema>

const LOCATION = /^accounts\/[^/]+\/locations\/[^/]+$/

/** One call of version 4, whose paths begin with the name of the location or of a post. */
export function askPosts(
  hosts: PlatformHosts,
  request: Pick<HttpRequest, 'method' | 'json'> & {
    path: string
    query?: Readonly<Record<string, string | undefined>>
  },
  access: Access,
  call: Call,
  effect?: Effect,
): Promise<HttpAnswer> {
  const { method, json, path, query } = request
  const headers = { authorization: `Bearer ${access.accessToken}` }
  const url = urlBelow(serviceHost(hosts, 'posts'), `/v4/${path}`, query)
  const body = json === undefined ? {} : { json }
  return ask(
    GOOGLE_BUSINESS_DIALECT,
    { method, url, headers, trusted: true, ...body },
    call,
    effect,
  )
}

/** `accounts/{a}/locations/{l}/localPosts`; anything else would be answered with a page in HTML. */
export function postsPath({ accountId }: Access): string {
  if (LOCATION.test(accountId)) return `${accountId}/localPosts`
  const message = 'Clarion does not know the whole address of this location. Connect it again.'
  throw rejected({ code: 'google_business_wrong_path', message })
}

/** The body of a new post; `scheduledTime` is never used, because Clarion keeps the time itself. */
export function localPostOf(draft: Draft, media: MediaSource): Record<string, unknown> {
  const settings = parseSettings(googleBusinessSettings, draft.settings)
  const { topic_type, language_code, call_to_action: action, event, offer } = settings
  const photos = draft.media.map((file) => ({ mediaFormat: 'PHOTO', sourceUrl: media.url(file) }))
  return {
    ...(language_code ? { languageCode: language_code } : {}),
    ...(draft.text.trim() === '' ? {} : { summary: draft.text }),
    topicType: topic_type ?? 'STANDARD',
    ...(action ? { callToAction: { actionType: action.action_type, ...urlOf(action) } } : {}),
    ...(event ? { event: { title: event.title, schedule: scheduleOf(event.schedule) } } : {}),
    ...(offer ? { offer: offerOf(offer) } : {}),
    ...(photos.length > 0 ? { media: photos } : {}),
  }
}

export function googlePost({ name, searchUrl }: LocalPost): Committed {
  return { platformPostId: name, permalink: searchUrl ?? null }
}

function urlOf({ url }: { url?: string | undefined }): { url?: string } {
  return url === undefined ? {} : { url }
}

function offerOf(offer: NonNullable<z.output<typeof googleBusinessSettings>['offer']>) {
  const { coupon_code, redeem_online_url, terms_conditions } = offer
  return {
    ...(coupon_code ? { couponCode: coupon_code } : {}),
    ...(redeem_online_url ? { redeemOnlineUrl: redeem_online_url } : {}),
    ...(terms_conditions ? { termsConditions: terms_conditions } : {}),
  }
}

function scheduleOf({ start_date, start_time, end_date, end_time }: Schedule) {
  return {
    startDate: dateOf(start_date),
    startTime: timeOf(start_time),
    endDate: dateOf(end_date),
    endTime: timeOf(end_time),
  }
}

function dateOf(date: string) {
  const [year, month, day] = date.split('-').map(Number)
  return { year, month, day }
}

function timeOf(time: string) {
  const [hours, minutes] = time.split(':').map(Number)
  return { hours, minutes }
}
