import { createHash } from 'node:crypto'
import twitter from 'twitter-text'
import type { Tweet } from './store.ts'

const MAX_WEIGHT = 280
const MAX_PREMIUM_WEIGHT = 25_000
const CODE_LENGTH = 10

/** NFC and trimmed, as X stores a text. */
export function normalizeText(text: string): string {
  return text.normalize('NFC').trim()
}

/** Weighted length by twitter-text v3: https://docs.x.com/fundamentals/counting-characters */
export function fitsLimit(text: string, premium: boolean): boolean {
  return twitter.parseTweet(text).weightedLength <= (premium ? MAX_PREMIUM_WEIGHT : MAX_WEIGHT)
}

export function hasInvalidCharacters(text: string): boolean {
  return twitter.hasInvalidCharacters(text)
}

export function cashtagCount(text: string): number {
  return twitter.extractCashtags(text).length
}

/** Handles mentioned, in lower case. */
export function mentionsOf(text: string): string[] {
  return twitter.extractMentions(text).map((handle) => handle.toLowerCase())
}

/** The links of a text with the t.co code each of them gets. */
export function shortenLinks(text: string, tweetId: string): Tweet['links'] {
  return twitter.extractUrlsWithIndices(text).map(({ url, indices }) => ({
    at: indices[0],
    url,
    code: shortCode(`${tweetId} ${indices[0]}`),
    expanded: /^https?:\/\//i.test(url) ? url : `http://${url}`,
  }))
}

/** A tweet as text and entities. */
export interface Rendered {
  /** HTML-escaped, links as t.co, as the API returns it. */
  text: string
  entities: Record<string, Record<string, unknown>[]> | undefined
}

/** What a tweet refers to. */
export interface References {
  mention: (handle: string) => { id?: string }
  /** Keys of the files in the order shown, and the address of the page that shows them. */
  media: { keys: string[]; address: string }
}

/** The text and entities of a tweet as the API returns them; offsets count code points. */
export function renderTweet(tweet: Tweet, { mention, media }: References): Rendered {
  const picture = media.keys.length === 0 ? undefined : `https://t.co/${mediaCode(tweet)}`
  const text = [escapeText(replaceLinks(tweet)), picture].filter(Boolean).join(' ')
  const byTco = new Map(tweet.links.map((link) => [`https://t.co/${link.code}`, link.expanded]))
  const found = twitter.extractEntitiesWithIndices(text)
  twitter.modifyIndicesFromUTF16ToUnicode(text, found)
  const entities: Record<string, Record<string, unknown>[]> = {}
  const add = (name: string, entity: Record<string, unknown>): void => {
    entities[name] = [...(entities[name] ?? []), entity]
  }
  for (const one of found) {
    const [start, end] = one.indices
    if ('url' in one && one.url === picture) {
      for (const entity of pictureEntities(one.url, media, { start, end })) add('urls', entity)
    } else if ('url' in one) add('urls', linkEntity(one.url, byTco.get(one.url), { start, end }))
    else if ('screenName' in one) {
      add('mentions', { start, end, username: one.screenName, ...mention(one.screenName) })
    } else if ('hashtag' in one) add('hashtags', { start, end, tag: one.hashtag })
    else add('cashtags', { start, end, tag: one.cashtag })
  }
  return { text, entities: found.length === 0 ? undefined : entities }
}

/** X appends one link for all files, and has an entity of it for each. */
function pictureEntities(
  url: string,
  { keys, address }: References['media'],
  at: { start: number; end: number },
): Record<string, unknown>[] {
  const display_url = `pic.x.com/${url.split('/').at(-1)}`
  return keys.map((media_key) => ({ ...at, url, expanded_url: address, display_url, media_key }))
}

function mediaCode(tweet: Tweet): string {
  return shortCode(`${tweet.id} media`)
}

/** Links that the text holds itself (a written t.co) expand to themselves. */
function linkEntity(
  url: string,
  expanded: string | undefined,
  at: { start: number; end: number },
): Record<string, unknown> {
  const target = expanded ?? url
  const bare = target.replace(/^https?:\/\/(www\.)?/i, '')
  const display_url = bare.length > 26 ? `${bare.slice(0, 26)}…` : bare
  return { ...at, url, expanded_url: target, display_url }
}

function replaceLinks(tweet: Tweet): string {
  let text = ''
  let from = 0
  for (const link of tweet.links) {
    text += `${tweet.source.slice(from, link.at)}https://t.co/${link.code}`
    from = link.at + link.url.length
  }
  return text + tweet.source.slice(from)
}

function shortCode(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('base64url')
  return digest.replace(/[-_]/g, 'x').slice(0, CODE_LENGTH)
}

/** The API returns these three characters as entities. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
