import twitterText from 'twitter-text'

/** https://docs.bsky.app/docs/advanced-guides/post-richtext */
export interface Facet {
  index: { byteStart: number; byteEnd: number }
  features: [Feature]
}

export type Feature =
  | { $type: 'app.bsky.richtext.facet#link'; uri: string }
  | { $type: 'app.bsky.richtext.facet#mention'; did: string }
  | { $type: 'app.bsky.richtext.facet#tag'; tag: string }

/** A stretch of the text in UTF-16 indexes, before handles are resolved. */
export type Span = { start: number; end: number } & (
  | { kind: 'link'; uri: string }
  | { kind: 'mention'; handle: string }
  | { kind: 'tag'; tag: string }
)

/** https://atproto.com/specs/handle: a domain name; longest 253 characters. */
const HANDLE =
  /(?<![\p{L}\p{N}\p{M}_@./#-])@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)(?![\p{L}\p{N}_@])/giu
const MAX_HANDLE_LENGTH = 253

/**
 * Ends a tag: spaces, zero-width characters, the next tag or mention, brackets, quotes and separators. A `#`
 * before U+FE0F is a keycap emoji.
 */
const TAG =
  /(?<![\p{L}\p{N}\p{M}_&/#＃])[#＃]((?!\ufe0f)[^\s\u00ad\u2060\u200a-\u200d\p{Me}#＃@()[\]{}<>"“”„«»,;!?]+)/gu
const TRAILING_PUNCTUATION = /\p{P}+$/u
const TAG_HAS_CONTENT = /[^\d\s\p{P}\p{M}]/u

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json */
const MAX_TAG_GRAPHEMES = 64
const MAX_TAG_BYTES = 640

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

export function graphemeLength(text: string): number {
  return [...segmenter.segment(text)].length
}

/** Links, mentions and tags in reading order, never overlapping: links win. */
export function findSpans(text: string): Span[] {
  const links = findLinks(text)
  const others = [...findMentions(text), ...findTags(text)]
  const free = others.filter((span) => !links.some((link) => overlap(link, span)))
  return [...links, ...free].sort((one, other) => one.start - other.start)
}

/** Facets by UTF-8 bytes; a mention whose handle nobody owns stays plain text. */
export function toFacets(
  text: string,
  spans: readonly Span[],
  didOf: ReadonlyMap<string, string>,
): Facet[] {
  return spans.flatMap((span) => {
    const feature = toFeature(span, didOf)
    if (!feature) return []
    const byteStart = Buffer.byteLength(text.slice(0, span.start))
    const byteEnd = byteStart + Buffer.byteLength(text.slice(span.start, span.end))
    return [{ index: { byteStart, byteEnd }, features: [feature] }]
  })
}

function toFeature(span: Span, didOf: ReadonlyMap<string, string>): Feature | undefined {
  if (span.kind === 'link') return { $type: 'app.bsky.richtext.facet#link', uri: span.uri }
  if (span.kind === 'tag') return { $type: 'app.bsky.richtext.facet#tag', tag: span.tag }
  const did = didOf.get(span.handle)
  return did === undefined ? undefined : { $type: 'app.bsky.richtext.facet#mention', did }
}

/** twitter-text knows brackets, trailing punctuation and top-level domains better than a regexp. */
function findLinks(text: string): Span[] {
  return twitterText.extractUrlsWithIndices(text).map(({ indices: [start, found] }) => {
    const end = found + closingBracket(text.slice(start), found - start)
    const url = text.slice(start, end)
    return { kind: 'link', start, end, uri: /^https?:\/\//i.test(url) ? url : `https://${url}` }
  })
}

/** It leaves out a `]` at the end, also one that closes a bracket of the link itself: `?q=[x]`. */
function closingBracket(rest: string, length: number): number {
  const isOpen = rest.lastIndexOf('[', length - 1) > rest.lastIndexOf(']', length - 1)
  return isOpen && rest[length] === ']' ? 1 : 0
}

function findMentions(text: string): Span[] {
  return [...text.matchAll(HANDLE)].flatMap((match): Span[] => {
    const handle = match[1]
    if (!handle || handle.length > MAX_HANDLE_LENGTH) return []
    const end = match.index + handle.length + 1
    return [{ kind: 'mention', start: match.index, end, handle: handle.toLowerCase() }]
  })
}

function findTags(text: string): Span[] {
  return [...text.matchAll(TAG)].flatMap((match): Span[] => {
    const tag = (match[1] ?? '').replace(TRAILING_PUNCTUATION, '')
    if (!TAG_HAS_CONTENT.test(tag) || graphemeLength(tag) > MAX_TAG_GRAPHEMES) return []
    if (Buffer.byteLength(tag) > MAX_TAG_BYTES) return []
    return [{ kind: 'tag', start: match.index, end: match.index + 1 + tag.length, tag }]
  })
}

function overlap(one: Span, other: Span): boolean {
  return one.start < other.end && other.start < one.end
}
