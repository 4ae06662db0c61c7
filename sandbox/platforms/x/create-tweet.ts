import { type Answer, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  cashtagCount,
  fitsLimit,
  hasInvalidCharacters,
  mentionsOf,
  normalizeText,
  renderTweet,
  shortenLinks,
} from './compose.ts'
import { type CreateBody, readCreateBody } from './create-body.ts'
import { duplicateContent, forbidden, invalidRequest } from './errors.ts'
import { isPremium, mentionTarget } from './profile.ts'
import { authoredBy, indexTweet, type Tweet, type XStore } from './store.ts'
import { authorize, spend } from './tokens.ts'

/** The real window is not documented; a day is what clients report. */
const DUPLICATE_WINDOW_MS = 24 * 3_600_000
const THREE_HOURS_MS = 3 * 3_600_000

const TOO_LONG =
  'Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.'
const NOT_ENGAGED =
  'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.'
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
  const body = readCreateBody(req.body)
  const text = acceptText(store, body, authorId)
  const parent = acceptParent(store, body, authorId)
  acceptQuote(store, body, authorId)
  if (body.media !== undefined) throw new Refusal(invalidRequest('Your media IDs are invalid.'))
  refuseDuplicate(store, { authorId, text, replyTo: parent?.id ?? null, nowMs: req.nowMs })
  const tweet = storeTweet(store, { body, text, parent, authorId, nowMs: req.nowMs })
  const rendered = renderTweet(tweet, mentionTarget(store))
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
function refuseDuplicate(
  store: XStore,
  draft: { authorId: string; text: string; replyTo: string | null; nowMs: number },
): void {
  const own = authoredBy(store, draft.authorId)
  const oldest = draft.nowMs - DUPLICATE_WINDOW_MS
  const twin = own.findLast(
    (one) =>
      one.source === draft.text && one.in_reply_to === draft.replyTo && one.accepted_at_ms > oldest,
  )
  if (twin !== undefined) throw new Refusal(duplicateContent())
}

/** A draft that passed every check. */
interface Accepted {
  body: CreateBody
  text: string
  parent: Tweet | undefined
  authorId: string
  nowMs: number
}

function storeTweet(store: XStore, accepted: Accepted): Tweet {
  const { body, text, parent, authorId, nowMs } = accepted
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
  }
  store.tweets.set(id, tweet)
  indexTweet(store, tweet)
  store.state.posts.accept(
    { platform: 'x', account_id: authorId, platform_post_id: id, text: body.text ?? '' },
    nowMs,
  )
  return tweet
}
