import { DateTime } from 'luxon'
import { z } from 'zod'

/** https://developers.google.com/my-business/reference/rest/v4/accounts.locations.localPosts */
const ACTIONS = ['BOOK', 'ORDER', 'SHOP', 'LEARN_MORE', 'SIGN_UP', 'CALL'] as const

/** Reported by several publishers; Google's reference names no number. */
const MAX_EVENT_TITLE = 58
const MAX_URL = 2048

const webAddress = z.url({ protocol: /^https?$/, error: 'it must be a web address' }).max(MAX_URL)
const date = z.iso.date('it must be a day such as “2026-12-01”')
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'it must be a time such as “09:30”')

const schedule = z.strictObject({
  start_date: date,
  start_time: time,
  end_date: date,
  end_time: time,
})

/** Names are Google's; days and times are written in ISO 8601, in the location's own time. */
export const googleBusinessSettings = z.strictObject({
  topic_type: z.enum(['STANDARD', 'EVENT', 'OFFER']).optional(),
  language_code: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'it must be a language code such as “en”')
    .optional(),
  call_to_action: z
    .strictObject({ action_type: z.enum(ACTIONS), url: webAddress.optional() })
    .optional(),
  event: z.strictObject({ title: z.string().min(1).max(MAX_EVENT_TITLE), schedule }).optional(),
  offer: z
    .strictObject({
      coupon_code: z.string().min(1).max(58).optional(),
      redeem_online_url: webAddress.optional(),
      terms_conditions: z.string().min(1).max(5000).optional(),
    })
    .optional(),
})

export type GoogleBusinessSettings = z.output<typeof googleBusinessSettings>
export type Schedule = z.output<typeof schedule>

/** Whether the event ends after it begins. */
export function isInOrder({ start_date, start_time, end_date, end_time }: Schedule): boolean {
  const start = DateTime.fromISO(`${start_date}T${start_time}`, { zone: 'utc' })
  const end = DateTime.fromISO(`${end_date}T${end_time}`, { zone: 'utc' })
  return end > start
}
