import type { Content, Finding, Limits } from '../connector.ts'
import { checkFile, type FileRules } from '../media-rules.ts'
import { checkSettings } from '../settings.ts'
import { type GoogleBusinessSettings, googleBusinessSettings, isInOrder } from './settings.ts'

const POSTS_GUIDE = 'https://support.google.com/business/answer/7342169'

/** https://support.google.com/business/answer/7342169 */
export const GOOGLE_BUSINESS_LIMITS: Limits = {
  maxTextLength: 1500,
  textUnit: 'characters',
  source: POSTS_GUIDE,
  maxMedia: 1,
  /** Edits of one profile: https://developers.google.com/my-business/content/limits */
  caps: [
    {
      posts: 10,
      windowMs: 60_000,
      source: 'https://developers.google.com/my-business/content/limits',
    },
  ],
}

/** https://developers.google.com/my-business/content/upload-photos and the guide for posts. */
const PHOTO: FileRules = {
  mimeTypes: ['image/jpeg', 'image/png'],
  minBytes: 10_240,
  maxBytes: 5_000_000,
  minWidth: 250,
  minHeight: 250,
  source: POSTS_GUIDE,
}

/**
 * Google turns posts with phone numbers down (https://support.google.com/business/answer/7213077).
 * Only clear cases: an international number, or groups as numbers are written in print.
 */
const PHONE =
  /(?<![\w+])(\+\d(?:[ ().-]*\d){8,14}|\(\d{3}\) ?\d{3}[ .-]?\d{4}|\d{3}[ .-]\d{3}[ .-]\d{4})(?!\w)/

export function validateGoogleBusiness(content: Content): Finding[] {
  const parsed = googleBusinessSettings.safeParse(content.settings)
  const topic = parsed.success ? (parsed.data.topic_type ?? 'STANDARD') : undefined
  return [
    ...textFindings(content.text, topic),
    ...mediaFindings(content),
    ...checkSettings(googleBusinessSettings, content.settings),
    ...(parsed.success ? topicFindings(parsed.data) : []),
    ...(parsed.success ? actionFindings(parsed.data) : []),
  ]
}

function textFindings(text: string, topic: string | undefined): Finding[] {
  const path = 'content'
  if (text.trim() === '' && topic === 'STANDARD') {
    return [{ code: 'empty_text', path, message: 'An update needs a text.' }]
  }
  const findings: Finding[] = []
  const length = [...text].length
  const max = GOOGLE_BUSINESS_LIMITS.maxTextLength
  if (length > max) {
    const message = `The text has ${length} characters, ${length - max} more than the ${max} allowed.`
    findings.push({ code: 'text_too_long', path, message })
  }
  if (!text.isWellFormed() || text.includes('\0')) {
    const message = 'The text holds broken characters.'
    findings.push({ code: 'invalid_characters', path, message })
  }
  const number = PHONE.exec(text)?.[0]
  if (number !== undefined) {
    const message = `Google turns down posts with a phone number in the text (“${number}”). Use the button CALL instead.`
    findings.push({ code: 'phone_number', path, message })
  }
  return findings
}

function mediaFindings({ media }: Content): Finding[] {
  if (media.length > 1) {
    const message = `A post on Google Business Profile shows one photo; this one has ${media.length}.`
    return [{ code: 'too_many_media', path: 'media', message }]
  }
  return media.flatMap((file, index) =>
    checkFile('Google Business Profile', file, PHOTO, `media.${index}`),
  )
}

/** An offer is an event with conditions: both need a title and days. */
function topicFindings({ topic_type = 'STANDARD', event, offer }: GoogleBusinessSettings) {
  const findings: Finding[] = []
  const add = (code: string, path: string, message: string) =>
    findings.push({ code, path, message })
  if (topic_type !== 'STANDARD' && event === undefined) {
    const what = topic_type === 'EVENT' ? 'An event' : 'An offer'
    add('event_required', 'settings.event', `${what} needs a title and when it begins and ends.`)
  }
  if (topic_type === 'STANDARD' && event !== undefined) {
    add('event_unused', 'settings.event', 'An update shows no event; choose the topic EVENT.')
  }
  if (topic_type !== 'OFFER' && offer !== undefined) {
    add('offer_unused', 'settings.offer', 'Only a post with the topic OFFER shows an offer.')
  }
  if (event && !isInOrder(event.schedule)) {
    add('event_ends_early', 'settings.event.schedule', 'The event ends before it begins.')
  }
  return findings
}

function actionFindings({ topic_type, call_to_action: action }: GoogleBusinessSettings): Finding[] {
  if (action === undefined) return []
  const path = 'settings.call_to_action'
  if (topic_type === 'OFFER') {
    const message = 'Google shows no button on offers; put the address into the offer.'
    return [{ code: 'action_unused', path, message }]
  }
  const isCall = action.action_type === 'CALL'
  if (isCall && action.url !== undefined) {
    const message = 'The button CALL dials the number of the profile and takes no address.'
    return [{ code: 'action_url_unused', path: `${path}.url`, message }]
  }
  if (isCall || action.url !== undefined) return []
  const message = 'This button needs the web address that it leads to.'
  return [{ code: 'action_url_required', path: `${path}.url`, message }]
}
