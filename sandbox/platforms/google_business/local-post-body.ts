import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { badField } from './errors.ts'

/** https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts */
const FIELDS = `languageCode summary callToAction event media topicType alertType offer
  scheduledTime`.split(/\s+/)
const TOPICS = ['STANDARD', 'EVENT', 'OFFER', 'ALERT']
const ACTIONS = ['BOOK', 'ORDER', 'SHOP', 'LEARN_MORE', 'SIGN_UP', 'CALL']
/** In no reference; what the site allows. */
const MAX_SUMMARY_CHARS = 1500
const MAX_EVENT_TITLE_CHARS = 58

/** The members of a request body, known ones only. */
export function readBody(req: ApiRequest): Record<string, unknown> {
  const body = req.body.kind === 'json' ? req.body.value : undefined
  if (!isRecord(body)) throw badField('local_post', 'Invalid JSON payload received.')
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name))
  if (unknown === undefined) return body
  const message = `Invalid JSON payload received. Unknown name "${unknown}" at 'local_post': Cannot find field.`
  throw badField('local_post', message)
}

/** The fields that an update mask names, in the form of the body. */
export function readMask(req: ApiRequest): string[] {
  const mask = (req.query.get('updateMask') ?? '').split(',').filter((one) => one !== '')
  if (mask.length === 0) throw badField('update_mask', 'Field is required')
  const named = mask.map((path) => camelOf(path.split('.')[0] ?? ''))
  if (named.every((name) => FIELDS.includes(name))) return named
  throw badField('update_mask', 'Invalid field mask provided')
}

/** Refuses content that cannot be a post of its topic. */
export function checkContent(content: Record<string, unknown>, nowMs: number): void {
  const topic = content.topicType
  if (typeof topic !== 'string' || !TOPICS.includes(topic)) {
    throw badField('local_post.topic_type', 'Invalid topic type')
  }
  checkSummary(content, topic)
  checkLanguage(content.languageCode)
  if (topic === 'EVENT' || topic === 'OFFER') checkEvent(content.event, nowMs)
  else if (content.event !== undefined) {
    throw badField('local_post.event', 'Event is not allowed for this topic type')
  }
  checkOffer(content.offer, topic)
  if (content.callToAction !== undefined) checkAction(content.callToAction)
  if (topic === 'ALERT' && content.alertType !== 'COVID_19') {
    throw badField('local_post.alert_type', 'Invalid alert type')
  }
}

/** When a post is to go live by itself; null = at once. */
export function scheduleOf(content: Record<string, unknown>, nowMs: number): number | null {
  const { scheduledTime } = content
  if (scheduledTime === undefined) return null
  const atMs = typeof scheduledTime === 'string' ? Date.parse(scheduledTime) : Number.NaN
  if (atMs > nowMs) return atMs
  throw badField('local_post.scheduled_time', 'Scheduled time must be in the future')
}

function checkSummary({ summary }: Record<string, unknown>, topic: string): void {
  const field = 'local_post.summary'
  if (summary === undefined || summary === '') {
    if (topic === 'STANDARD' || topic === 'ALERT') throw badField(field, 'Summary is required')
    return
  }
  if (typeof summary !== 'string') throw badField(field, 'Invalid value')
  if ([...summary].length > MAX_SUMMARY_CHARS) throw badField(field, 'Summary is too long')
}

function checkLanguage(code: unknown): void {
  if (code === undefined || (typeof code === 'string' && /^[a-z]{2,3}(-[\w-]+)?$/i.test(code))) {
    return
  }
  throw badField('local_post.language_code', 'Invalid language code')
}

/** Title and all four ends of the schedule. */
function checkEvent(event: unknown, nowMs: number): void {
  const field = 'local_post.event'
  if (!isRecord(event)) throw badField(field, 'Event is required for this topic type')
  const { title, schedule } = event
  if (typeof title !== 'string' || title === '' || [...title].length > MAX_EVENT_TITLE_CHARS) {
    throw badField(`${field}.title`, 'Invalid event title')
  }
  if (!isRecord(schedule)) throw badField(`${field}.schedule`, 'Schedule is required')
  const start = instantOf(schedule.startDate, schedule.startTime, `${field}.schedule.start`)
  const end = instantOf(schedule.endDate, schedule.endTime, `${field}.schedule.end`)
  if (end <= start) throw badField(`${field}.schedule`, 'End must be after start')
  // A day of slack: the location has a time zone of its own.
  if (end < nowMs - 24 * 3_600_000) throw badField(`${field}.schedule`, 'Event is in the past')
}

function instantOf(date: unknown, time: unknown, field: string): number {
  if (!isRecord(date)) throw badField(`${field}_date`, 'Date is required')
  if (!isRecord(time)) throw badField(`${field}_time`, 'Time is required')
  const { year, month, day } = date
  const { hours = 0, minutes = 0 } = time
  const parts = [year, month, day, hours, minutes]
  if (!parts.every((part) => Number.isSafeInteger(part))) throw badField(field, 'Invalid date')
  const [y = 0, m = 0, d = 0, h = 0, min = 0] = parts.map(Number)
  const at = new Date(Date.UTC(y, m - 1, d, h, min))
  const isReal = at.getUTCMonth() === m - 1 && at.getUTCDate() === d && at.getUTCHours() === h
  if (!isReal) throw badField(field, 'Invalid date')
  return at.getTime()
}

function checkOffer(offer: unknown, topic: string): void {
  if (offer === undefined) return
  if (topic !== 'OFFER') throw badField('local_post.offer', 'Offer is not allowed here')
  const url = isRecord(offer) ? offer.redeemOnlineUrl : null
  if (url === undefined || isWebUrl(url)) return
  throw badField('local_post.offer.redeem_online_url', 'Invalid URL')
}

/** A call goes to the number of the profile: it has no address. */
function checkAction(action: unknown): void {
  const field = 'local_post.call_to_action'
  const { actionType, url } = isRecord(action) ? action : {}
  if (typeof actionType !== 'string' || !ACTIONS.includes(actionType)) {
    throw badField(`${field}.action_type`, 'Invalid action type')
  }
  if (actionType === 'CALL') {
    if (url !== undefined && url !== '')
      throw badField(`${field}.url`, 'URL must be unset for CALL')
    return
  }
  if (!isWebUrl(url)) throw badField(`${field}.url`, 'Invalid URL')
}

function isWebUrl(url: unknown): boolean {
  return typeof url === 'string' && /^https?:\/\//i.test(url) && URL.canParse(url)
}

function camelOf(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}
