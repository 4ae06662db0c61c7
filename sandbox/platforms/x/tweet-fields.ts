import { renderTweet } from './compose.ts'
import { mentionTarget } from './profile.ts'
import { listParam } from './query.ts'
import type { Tweet, XStore } from './store.ts'

/** https://docs.x.com/x-api/fundamentals/fields ; 2026 renames tweet.fields to post.fields. */
const TWEET_FIELDS = `article attachments author_id card_uri community_id context_annotations
  conversation_id created_at display_text_range edit_controls edit_history_tweet_ids
  edit_history_post_ids entities geo id in_reply_to_user_id lang media_metadata non_public_metrics
  note_tweet organic_metrics possibly_sensitive promoted_metrics public_metrics referenced_tweets
  reply_settings scopes source text withheld`.split(/\s+/)

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
  const { text, entities } = renderTweet(tweet, mentionTarget(store))
  const parent = tweet.in_reply_to === null ? undefined : store.tweets.get(tweet.in_reply_to)
  return {
    id: tweet.id,
    text,
    entities,
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
      reply_count: 0,
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
