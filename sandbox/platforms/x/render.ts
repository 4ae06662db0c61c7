import { type Rendered, renderTweet } from './compose.ts'
import { kindOf } from './media-rules.ts'
import { mentionTarget } from './people.ts'
import type { Tweet, XMedia, XStore } from './store.ts'

/** A tweet as the API returns it, with what its mentions and files refer to. */
export function render(store: XStore, tweet: Tweet): Rendered {
  const media = mediaOf(store, tweet)
  const [first] = media
  const author = store.state.accounts.byId('x', tweet.author_id)?.handle
  const page = first !== undefined && kindOf(first.category) === 'video' ? 'video' : 'photo'
  const address = `https://x.com/${author}/status/${tweet.id}/${page}/1`
  const keys = media.map((one) => one.media_key)
  return renderTweet(tweet, { mention: mentionTarget(store), media: { keys, address } })
}

/** Files in the order shown. */
export function mediaOf(store: XStore, tweet: Tweet): XMedia[] {
  return tweet.media.flatMap((id) => store.media.get(id) ?? [])
}
