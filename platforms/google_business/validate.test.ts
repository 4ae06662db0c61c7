import { describe, expect, test } from '@jest/globals'
import type { Content } from '../connector.ts'
import { makeContent, makeMedia } from '../testing/drafts.ts'
import { validateGoogleBusiness } from './validate.ts'

const codesOf = (text: string, more: Partial<Content> = {}) =>
  validateGoogleBusiness(makeContent(text, more)).map(({ code, path }) => `${code} ${path}`)
const photo = makeMedia({ bytes: 10_240, width: 250, height: 250 })
const schedule = {
  start_date: '2026-12-01',
  start_time: '09:00',
  end_date: '2026-12-01',
  end_time: '17:30',
}
const event = { title: 'Open day', schedule }
const url = 'https://a.example/'

describe('what Google takes', () => {
  test.each<[string, string, Partial<Content>]>([
    ['1500 characters', '🎉'.repeat(1500), {}],
    ['a photo', 'x', { media: [photo] }],
    ['an event without text', '', { settings: { topic_type: 'EVENT', event } }],
    ['an offer', 'x', { settings: { topic_type: 'OFFER', event, offer: { coupon_code: 'A' } } }],
    ['a button', 'x', { settings: { call_to_action: { action_type: 'BOOK', url } } }],
    ['CALL', 'x', { settings: { call_to_action: { action_type: 'CALL' }, language_code: 'de' } }],
    [
      'days and prices',
      'From 2026-12-01 10:00 to 2026-12-24 18:00 for 1 299.00, no. 4711-22, +1 000 000',
      {},
    ],
  ])('%s', (_name, text, more) => {
    expect(codesOf(text, more)).toEqual([])
  })
})

describe('what it does not take', () => {
  const late = { ...schedule, end_time: '09:00' }
  const action = 'settings.call_to_action'
  test.each<[string, string, Partial<Content>, string[]]>([
    ['nothing', '', { media: [photo] }, ['empty_text content']],
    ['1501 characters', 'a'.repeat(1501), {}, ['text_too_long content']],
    ['an international number', 'Call +49 30 1234567!', {}, ['phone_number content']],
    ['an American number', 'Call (555) 123-4567', {}, ['phone_number content']],
    ['two photos', 'x', { media: [photo, photo] }, ['too_many_media media']],
    ['a small photo', 'x', { media: [{ ...photo, width: 249 }] }, ['media_dimensions media.0']],
    ['a tiny file', 'x', { media: [{ ...photo, bytes: 10_239 }] }, ['media_too_small media.0']],
    ['a large file', 'x', { media: [{ ...photo, bytes: 5_000_001 }] }, ['media_too_large media.0']],
    ['a video', 'x', { media: [{ ...photo, mimeType: 'video/mp4' }] }, ['media_type media.0']],
    ['EVENT alone', 'x', { settings: { topic_type: 'EVENT' } }, ['event_required settings.event']],
    ['OFFER alone', 'x', { settings: { topic_type: 'OFFER' } }, ['event_required settings.event']],
    ['an unused event', 'x', { settings: { event } }, ['event_unused settings.event']],
    ['an unused offer', 'x', { settings: { offer: {} } }, ['offer_unused settings.offer']],
    [
      'an end at the start',
      'x',
      { settings: { topic_type: 'EVENT', event: { ...event, schedule: late } } },
      ['event_ends_early settings.event.schedule'],
    ],
    [
      'a day that is none',
      'x',
      {
        settings: {
          topic_type: 'EVENT',
          event: { ...event, schedule: { ...schedule, start_date: '2026-02-30' } },
        },
      },
      ['invalid_setting settings.event.schedule.start_date'],
    ],
    [
      'a long title',
      'x',
      { settings: { topic_type: 'EVENT', event: { ...event, title: 'a'.repeat(59) } } },
      ['invalid_setting settings.event.title'],
    ],
    [
      'a button without address',
      'x',
      { settings: { call_to_action: { action_type: 'SHOP' } } },
      [`action_url_required ${action}.url`],
    ],
    [
      'CALL with an address',
      'x',
      { settings: { call_to_action: { action_type: 'CALL', url } } },
      [`action_url_unused ${action}.url`],
    ],
    [
      'a button on an offer',
      'x',
      { settings: { topic_type: 'OFFER', event, call_to_action: { action_type: 'CALL' } } },
      [`action_unused ${action}`],
    ],
    [
      'native scheduling',
      'x',
      { settings: { scheduled_time: 'x' } },
      ['unknown_setting settings.scheduled_time'],
    ],
  ])('%s', (_name, text, more, codes) => {
    expect(codesOf(text, more)).toEqual(codes)
  })
})
