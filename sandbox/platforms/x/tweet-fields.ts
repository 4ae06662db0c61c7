import { kindOf } from './media-rules.ts'
import { listParam } from './query.ts'
import { mediaOf, render } from './render.ts'
import type { Tweet, XMedia, XStore } from './store.ts'

/** https://docs.x.com/x-api/fundamentals/fields ; 2026 renames tweet.fields to post.fields. */
const TWEET_FIELDS = `article attachments author_id card_uri community_id context_annotations
  conversation_id created_at display_text_range edit_controls edit_history_tweet_ids
  edit_history_post_ids entities geo id in_reply_to_user_id lang media_metadata non_public_metrics
  note_tweet organic_metrics possibly_sensitive promoted_metrics public_metrics referenced_tweets
  reply_settings scopes source text withheld`.split(/\s+/)

const EXPANSIONS = `article.cover_media article.media_entities attachments.media_keys
  attachments.media_source_tweet attachments.poll_ids author_id edit_history_tweet_ids
  entities.mentions.username geo.place_id in_reply_to_user_id referenced_tweets.id
  referenced_tweets.id.author_id`.split(/\s+/)

const MEDIA_FIELDS = `alt_text duration_ms height media_key non_public_metrics organic_metrics
  preview_image_url promoted_metrics public_metrics type url variants width`.split(/\s+/)

const ALWAYS = ['id', 'text', 'edit_history_post_ids']

export const FIELD_PARAMS = [
  'tweet.fields',
  'post.fields',
  'expansions',
  'user.fields',
  'media.fields',
  'poll.fields',
  'place.fields',
]

/** Both names of the parameter are taken, the old and the new. */
export function wantedFields(query: URLSearchParams): Set<string> {
  const asked = ['tweet.fields', 'post.fields'].flatMap((name) =>
    listParam(query, name, TWEET_FIELDS),
  )
  return new Set([...ALWAYS, ...asked])
}

export function presentTweet(
  store: XStore,
  tweet: Tweet,
  fields: Set<string>,
): Record<string, unknown> {
  const all = Object.entries(allFields(store, tweet))
  return Object.fromEntries(all.filter(([name, value]) => fields.has(name) && value !== undefined))
}

function allFields(store: XStore, tweet: Tweet): Record<string, unknown> {
  const { text, entities } = render(store, tweet)
  const parent = tweet.in_reply_to === null ? undefined : store.tweets.get(tweet.in_reply_to)
  return {
    id: tweet.id,
    text,
    entities,
    attachments: attachments(store, tweet),
    author_id: tweet.author_id,
    conversation_id: tweet.conversation_id,
    // The API gives whole seconds, written with .000.
    created_at: new Date(Math.floor(tweet.accepted_at_ms / 1000) * 1000).toISOString(),
    edit_history_post_ids: [tweet.id],
    edit_history_tweet_ids: [tweet.id],
    in_reply_to_user_id: parent?.author_id,
    lang: 'en',
    possibly_sensitive: false,
    reply_settings: tweet.reply_settings,
    referenced_tweets: references(tweet),
    public_metrics: {
      retweet_count: 0,
      reply_count: repliesTo(store, tweet.id),
      like_count: 0,
      quote_count: 0,
      bookmark_count: 0,
      impression_count: 0,
    },
  }
}

/** Absent, not empty, when the tweet refers to nothing. */
function references(tweet: Tweet): unknown[] | undefined {
  const replied = tweet.in_reply_to === null ? [] : [{ type: 'replied_to', id: tweet.in_reply_to }]
  const quoted = tweet.quoted === null ? [] : [{ type: 'quoted', id: tweet.quoted }]
  const all = [...replied, ...quoted]
  return all.length === 0 ? undefined : all
}

function repliesTo(store: XStore, id: string): number {
  let count = 0
  for (const one of store.tweets.values()) if (one.in_reply_to === id) count++
  return count
}

function attachments(store: XStore, tweet: Tweet): Record<string, string[]> | undefined {
  const media_keys = mediaOf(store, tweet).map((one) => one.media_key)
  if (tweet.poll !== null) return { poll_ids: [tweet.poll.id] }
  return media_keys.length === 0 ? undefined : { media_keys }
}

/** https://docs.x.com/x-api/fundamentals/expansions ; absent when nothing is to be included. */
export function includesOf(
  store: XStore,
  tweets: readonly Tweet[],
  query: URLSearchParams,
): Record<string, unknown[]> | undefined {
  const expansions = listParam(query, 'expansions', EXPANSIONS)
  const wanted = new Set(['media_key', 'type', ...listParam(query, 'media.fields', MEDIA_FIELDS)])
  const media = tweets.flatMap((tweet) => mediaOf(store, tweet))
  const polls = tweets.flatMap(({ poll }) => poll ?? [])
  const users = new Set(tweets.map((tweet) => tweet.author_id))
  const all = {
    ...(expansions.includes('attachments.media_keys')
      ? { media: media.map((one) => only(presentMedia(one), wanted)) }
      : {}),
    ...(expansions.includes('attachments.poll_ids') ? { polls: polls.map(presentPoll) } : {}),
    ...(expansions.includes('author_id')
      ? { users: [...users].map((id) => presentUser(store, id)) }
      : {}),
  }
  const filled = Object.entries(all).filter(([, list]) => list.length > 0)
  return filled.length === 0 ? undefined : Object.fromEntries(filled)
}

function presentMedia(media: XMedia): Record<string, unknown> {
  const { media_key, width, height, duration_ms, alt_text, sha256 } = media
  const type = kindOf(media.category)
  return {
    media_key,
    type,
    width,
    height,
    duration_ms: duration_ms ?? undefined,
    alt_text: alt_text ?? undefined,
    url: type === 'photo' ? `https://pbs.twimg.com/media/${sha256}` : undefined,
  }
}

function presentPoll({ id, options }: NonNullable<Tweet['poll']>): Record<string, unknown> {
  return { id, options: options.map((label, at) => ({ position: at + 1, label, votes: 0 })) }
}

function presentUser(store: XStore, id: string): Record<string, unknown> {
  const account = store.state.accounts.byId('x', id)
  return { id, name: account?.display_name, username: account?.handle }
}

function only(all: Record<string, unknown>, wanted: ReadonlySet<string>): unknown {
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => wanted.has(name) && value !== undefined),
  )
}
