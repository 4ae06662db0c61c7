import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { acceptMedia } from './accept-media.ts'
import {
  cashtagCount,
  fitsLimit,
  hasInvalidCharacters,
  mentionsOf,
  normalizeText,
  shortenLinks,
} from './compose.ts'
import { type CreateBody, readCreateBody } from './create-body.ts'
import { duplicateContent, forbidden, invalidRequest } from './errors.ts'
import { isPremium } from './people.ts'
import { mediaOf, render } from './render.ts'
import { authoredBy, indexTweet, type Tweet, type XMedia, type XStore } from './store.ts'
import { authorize, spend, spendDay } from './tokens.ts'

/** The real window is not documented; a day is what clients report. */
const DUPLICATE_WINDOW_MS = 24 * 3_600_000
const THREE_HOURS_MS = 3 * 3_600_000

const TOO_LONG =
  'Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.'
const NOT_ENGAGED =
  'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.'
const NOT_PERMITTED = 'You are not permitted to perform this action.'
const NO_PARENT = 'You attempted to reply to a Tweet that is deleted or not visible to you.'

/** POST /2/tweets */
export function createTweet(store: XStore, req: ApiRequest): Answer {
  const { account_id: authorId } = authorize(store, req, [
    'tweet.write',
    'tweet.read',
    'users.read',
  ])
  spend(store, req, {
    accountId: authorId,
    name: 'POST tweets 3h',
    limit: 300,
    windowMs: THREE_HOURS_MS,
  })
  spend(store, req, { accountId: authorId, name: 'POST tweets', limit: 100 })
  spendDay(store, req)
  const body = readCreateBody(req.body)
  const text = acceptText(store, body, authorId)
  const parent = acceptParent(store, body, authorId)
  acceptQuote(store, body, authorId)
  // Editing is of Premium and of an hour; no connector offers it.
  if (body.edit_options !== undefined) throw new Refusal(forbidden(NOT_PERMITTED))
  const media = acceptMedia(store, { ids: body.media?.media_ids ?? [], authorId, nowMs: req.nowMs })
  const draft = { body, text, parent, media, authorId, nowMs: req.nowMs }
  refuseDuplicate(store, draft)
  const tweet = storeTweet(store, draft)
  const rendered = render(store, tweet)
  return {
    status: 201,
    body: { data: { id: tweet.id, text: rendered.text, edit_history_post_ids: [tweet.id] } },
  }
}

/** Checks the schema first (400), then the content (403). */
function acceptText(store: XStore, body: CreateBody, authorId: string): string {
  const text = normalizeText(body.text ?? '')
  if (text === '' && body.media === undefined) {
    throw new Refusal(invalidRequest('$.text: is missing but it is required without media'))
  }
  if (hasInvalidCharacters(text))
    throw new Refusal(invalidRequest('$.text: has invalid characters'))
  if (!fitsLimit(text, isPremium(store, authorId))) throw new Refusal(forbidden(TOO_LONG))
  if (cashtagCount(text) > 1) {
    throw new Refusal(forbidden('Posts are limited to a maximum of one cashtag.'))
  }
  return text
}

/** Self-serve rule of 2026: reply only to yourself or to someone who mentioned or quoted you. */
function acceptParent(store: XStore, body: CreateBody, authorId: string): Tweet | undefined {
  if (body.reply === undefined) return undefined
  const parent = store.tweets.get(body.reply.in_reply_to_tweet_id)
  if (parent === undefined) throw new Refusal(forbidden(NO_PARENT))
  if (!engages(store, parent, authorId)) throw new Refusal(forbidden(NOT_ENGAGED))
  return parent
}

/** Quotes of others’ posts left self-serve in 2026. */
function acceptQuote(store: XStore, body: CreateBody, authorId: string): void {
  if (body.quote_tweet_id === undefined) return
  const quoted = store.tweets.get(body.quote_tweet_id)
  if (quoted !== undefined && engages(store, quoted, authorId)) return
  throw new Refusal(
    forbidden('You can only reply to or quote posts where you are mentioned or are the author.'),
  )
}

/** Whether the author of a tweet has invited the account by mention, quote or being it. */
function engages(store: XStore, tweet: Tweet, accountId: string): boolean {
  if (tweet.author_id === accountId) return true
  const handle = store.state.accounts.byId('x', accountId)?.handle.toLowerCase()
  if (handle !== undefined && mentionsOf(tweet.source).includes(handle)) return true
  return tweet.quoted !== null && store.tweets.get(tweet.quoted)?.author_id === accountId
}

/** The answer does not say which post is the twin: the client has to look. */
function refuseDuplicate(store: XStore, draft: Accepted): void {
  const own = authoredBy(store, draft.authorId)
  const oldest = draft.nowMs - DUPLICATE_WINDOW_MS
  const twin = own.findLast(
    (one) =>
      one.source === draft.text &&
      one.in_reply_to === (draft.parent?.id ?? null) &&
      one.accepted_at_ms > oldest &&
      filesOf(mediaOf(store, one)) === filesOf(draft.media),
  )
  if (twin !== undefined) throw new Refusal(duplicateContent())
}

/** The same picture uploaded again is the same picture. */
function filesOf(media: readonly XMedia[]): string {
  return media.map((one) => one.sha256).join(' ')
}

/** A draft that passed every check. */
interface Accepted {
  media: XMedia[]
  body: CreateBody
  text: string
  parent: Tweet | undefined
  authorId: string
  nowMs: number
}

function storeTweet(store: XStore, accepted: Accepted): Tweet {
  const { body, text, parent, media, authorId, nowMs } = accepted
  const id = store.ids.next(nowMs)
  const tweet: Tweet = {
    id,
    author_id: authorId,
    source: text,
    links: shortenLinks(text, id),
    in_reply_to: parent?.id ?? null,
    quoted: body.quote_tweet_id ?? null,
    conversation_id: parent?.conversation_id ?? id,
    reply_settings: body.reply_settings ?? 'everyone',
    accepted_at_ms: nowMs,
    media: media.map((one) => one.id),
    poll: pollOf(store, body, nowMs),
  }
  store.tweets.set(id, tweet)
  indexTweet(store, tweet)
  const row = { account_id: authorId, platform_post_id: id, text: body.text ?? '' }
  const shown = media.map((one) => one.sha256)
  store.state.posts.accept({ platform: 'x', ...row, media: shown }, nowMs)
  return tweet
}

function pollOf(store: XStore, { poll }: CreateBody, nowMs: number): Tweet['poll'] {
  if (poll === undefined) return null
  const { options, duration_minutes: minutes } = poll
  return { id: store.ids.next(nowMs), options, minutes }
}
