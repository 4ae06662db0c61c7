import twitterText from 'twitter-text'
import { z } from 'zod'

export const timelineSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        text: z.string(),
        created_at: z.string().optional(),
        note_tweet: z.object({ text: z.string(), entities: entities() }).optional(),
        entities: entities(),
        referenced_tweets: z.array(z.object({ type: z.string() })).optional(),
      }),
    )
    .optional(),
  // A partial answer has `errors` and may lack `data`: it must not read as an empty timeline.
  meta: z.object({ result_count: z.number(), next_token: z.string().optional() }),
  errors: z.array(z.unknown()).optional(),
})

export type TimelinePost = NonNullable<z.output<typeof timelineSchema>['data']>[number]

/** Whether a post of the timeline is this text, t.co links and HTML entities undone. */
export function isSameText(post: TimelinePost, draftText: string): boolean {
  // Replies and quotes are never ours: Clarion's text posts refer to nothing.
  if (post.referenced_tweets && post.referenced_tweets.length > 0) return false
  return publishedText(post) === comparable(draftText)
}

/** Text with every link reduced to host and path: X adds schemes and normalizes hosts. */
function comparable(text: string): string {
  const urls = twitterText.extractUrlsWithIndices(text)
  let result = ''
  let end = 0
  for (const { url, indices } of urls) {
    result += text.slice(end, indices[0]) + reduceUrl(url)
    end = indices[1]
  }
  return tidy(result + text.slice(end))
}

function publishedText(post: TimelinePost): string {
  const { text, entities } = post.note_tweet ?? post
  const links = new Map(
    (entities?.urls ?? []).map(({ url, expanded_url }) => [url, expanded_url ?? url]),
  )
  // Undone before the links are put in, so that an `&amp;` of a link's own query stays.
  const plain = unescapeHtml(text)
  return tidy(
    plain.replace(/https?:\/\/t\.co\/\w+/g, (short) => reduceUrl(links.get(short) ?? short)),
  )
}

function reduceUrl(url: string): string {
  const parsed = URL.parse(/^https?:\/\//i.test(url) ? url : `https://${url}`)
  if (!parsed) return url
  const path = parsed.pathname.replace(/\/$/, '')
  return `‹${parsed.host}${path}${parsed.search}${parsed.hash}›`
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

function tidy(text: string): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}

function entities() {
  const url = z.object({ url: z.string(), expanded_url: z.string().optional() })
  return z.object({ urls: z.array(url).optional() }).optional()
}
