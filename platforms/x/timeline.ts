import twitterText from 'twitter-text'
import { z } from 'zod'

export const timelineSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string(),
        text: z.string(),
        created_at: z.string().optional(),
        // X is renaming: its OpenAPI description has `note_post`, its prose `note_tweet`.
        note_tweet: note(),
        note_post: note(),
        entities: entities(),
        attachments: z.object({ media_keys: z.array(z.string()).optional() }).optional(),
        referenced_tweets: references(),
        referenced_posts: references(),
      }),
    )
    .optional(),
  // A partial answer has `errors` and may lack `data`: it must not read as an empty timeline.
  meta: z.object({ result_count: z.number(), next_token: z.string().optional() }),
  errors: z.array(z.unknown()).optional(),
})

export type TimelinePost = NonNullable<z.output<typeof timelineSchema>['data']>[number]

/** What a listed post must be to be the one that was sent. */
export interface Wanted {
  text: string
  /** Files of the post; X appends one link for all of them. */
  fileCount: number
  parentId?: string | undefined
  quoteId?: string | undefined
}

/** Whether a post of the timeline is this one, t.co links and HTML entities undone. */
export function isSamePost(post: TimelinePost, wanted: Wanted): boolean {
  if (referenceOf(post, 'replied_to') !== wanted.parentId) return false
  if (!isSameQuote(referenceOf(post, 'quoted'), wanted)) return false
  const keys = post.attachments?.media_keys
  if (keys !== undefined && keys.length !== wanted.fileCount) return false
  const { text, hasFileLink } = ownText(post, wanted.quoteId)
  // The note of a long post has no link of its files: there the keys have to do.
  const isNote = noteOf(post) !== undefined
  if (!isNote && hasFileLink !== wanted.fileCount > 0) return false
  const listed = publishedText(text, linksOf(post))
  const asked = comparable(wanted.text)
  if (listed === asked) return true
  return wanted.parentId !== undefined && withoutMentions(listed) === withoutMentions(asked)
}

/** The ids of the files of a listed post: a key is `3_<id>`. */
export function fileIdsOf({ attachments }: TimelinePost): string[] {
  return (attachments?.media_keys ?? []).map((key) => key.slice(key.indexOf('_') + 1))
}

function referenceOf(post: TimelinePost, type: string): string | undefined {
  const references = post.referenced_tweets ?? post.referenced_posts ?? []
  return references.find((one) => one.type === type)?.id
}

function noteOf({ note_tweet, note_post }: TimelinePost) {
  return note_tweet ?? note_post
}

/** A link to a post in the text makes X quote it unasked. */
function isSameQuote(quotedId: string | undefined, { quoteId, text }: Wanted): boolean {
  if (quotedId === quoteId) return true
  return quoteId === undefined && text.includes(`/status/${quotedId}`)
}

const FILE_PAGE = /\/status\/(\d+)\/(?:photo|video)\/\d+$/
const LAST_LINK = /\s*(https?:\/\/t\.co\/\w+)\s*$/

/** The text without the links that X puts at its end: of the files, of the quoted post. */
function ownText(
  post: TimelinePost,
  quoteId: string | undefined,
): { text: string; hasFileLink: boolean } {
  const { text, entities } = noteOf(post) ?? post
  const urls = entities?.urls ?? []
  const last = LAST_LINK.exec(text)
  const link = urls.findLast(({ url }) => url === last?.[1])
  if (!last || !link) return { text, hasFileLink: false }
  const target = link.expanded_url ?? ''
  // Links to files of other posts are the author's own words.
  const hasFileLink = link.media_key !== undefined || FILE_PAGE.exec(target)?.[1] === post.id
  const isQuoteLink = quoteId !== undefined && target.endsWith(`/status/${quoteId}`)
  return { text: hasFileLink || isQuoteLink ? text.slice(0, last.index) : text, hasFileLink }
}

/** X may put the people of a conversation before the text of a reply. */
function withoutMentions(text: string): string {
  return text.replace(/^(?:@\w{1,15}\s+)+/, '')
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

function linksOf(post: TimelinePost): ReadonlyMap<string, string> {
  const { entities } = noteOf(post) ?? post
  return new Map((entities?.urls ?? []).map(({ url, expanded_url }) => [url, expanded_url ?? url]))
}

function publishedText(text: string, links: ReadonlyMap<string, string>): string {
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

function note() {
  return z.object({ text: z.string(), entities: entities() }).optional()
}

function references() {
  return z.array(z.object({ type: z.string(), id: z.string() })).optional()
}

function entities() {
  const url = z.object({
    url: z.string(),
    expanded_url: z.string().optional(),
    /** Only of links that lead to the post's own files. */
    media_key: z.string().optional(),
  })
  return z.object({ urls: z.array(url).optional() }).optional()
}
