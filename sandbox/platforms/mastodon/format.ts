import { escapeHtml } from '../../http/html.ts'

/** https://docs.joinmastodon.org/user/posting/#links : every link counts as 23. */
export const URL_LENGTH = 23
const DISPLAY_LENGTH = 30
const ENTITY =
  /(?<url>https?:\/\/[^\s<>"“”]+)|(?<![\w/])@(?<user>\w+(?:[\w.-]*\w)?)(?:@(?<host>[\w.-]+\w))?|(?<![\w/&])#(?<tag>[\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*)/giu
const TRAILING = /[.,:;!?'")\]}]+$/

export type Entity =
  | { kind: 'url'; url: string; at: number; length: number }
  | { kind: 'mention'; user: string; host: string | undefined; at: number; length: number }
  | { kind: 'tag'; tag: string; at: number; length: number }

/** Links, mentions and hashtags in order, without overlaps; links need a scheme. */
export function entitiesOf(text: string): Entity[] {
  return [...text.matchAll(ENTITY)].map((match) => {
    const { url, user, host, tag } = match.groups ?? {}
    const at = match.index
    if (url !== undefined) {
      const trimmed = trimUrl(url)
      return { kind: 'url', url: trimmed, at, length: trimmed.length }
    }
    const { length } = match[0]
    if (user !== undefined) return { kind: 'mention', user, host, at, length }
    return { kind: 'tag', tag: tag ?? '', at, length }
  })
}

/** Graphemes, a link as 23, a remote mention as its local part. */
export function countCharacters(text: string): number {
  const counted = rewrite(
    text,
    (part) => part,
    (entity) => {
      if (entity.kind === 'url') return 'x'.repeat(URL_LENGTH)
      return entity.kind === 'mention' ? `@${entity.user}` : `#${entity.tag}`
    },
  )
  return [...new Intl.Segmenter('en').segment(counted)].length
}

export interface Linker {
  origin: string
  /** Path of a local account's page; undefined when there is none of that name. */
  profileOf(user: string, host: string | undefined): string | undefined
}

/** The HTML of a text, as the server sends it in `content`. */
export function toHtml(text: string, linker: Linker): string {
  if (text === '') return ''
  const linked = rewrite(text.trim(), escapeHtml, (entity, raw) => link(entity, raw, linker))
  const paragraphs = linked.replaceAll('\r\n', '\n').split(/\n{2,}/)
  return paragraphs.map((one) => `<p>${one.replaceAll('\n', '<br />')}</p>`).join('')
}

function link(entity: Entity, raw: string, linker: Linker): string {
  switch (entity.kind) {
    case 'url':
      return urlLink(entity.url)
    case 'tag':
      return `<a href="${linker.origin}/tags/${encodeURIComponent(entity.tag.toLowerCase())}" class="mention hashtag" rel="tag">#<span>${entity.tag}</span></a>`
    case 'mention': {
      const profile = linker.profileOf(entity.user, entity.host)
      if (profile === undefined) return escapeHtml(raw)
      return `<span class="h-card" translate="no"><a href="${linker.origin}${profile}" class="u-url mention">@<span>${entity.user}</span></a></span>`
    }
  }
}

/** Scheme and everything after 30 characters are there, but invisible. */
function urlLink(url: string): string {
  const prefix = /^https?:\/\/(www\.)?/i.exec(url)?.[0] ?? ''
  const shown = url.slice(prefix.length, prefix.length + DISPLAY_LENGTH)
  const rest = url.slice(prefix.length + DISPLAY_LENGTH)
  const span = (part: string, cssClass: string): string =>
    `<span class="${cssClass}">${escapeHtml(part)}</span>`
  const inside = `${span(prefix, 'invisible')}${span(shown, rest === '' ? '' : 'ellipsis')}${span(rest, 'invisible')}`
  return `<a href="${escapeHtml(url)}" target="_blank" rel="nofollow noopener" translate="no">${inside}</a>`
}

/** Runs over a text, treating entities and what lies between them apart. */
function rewrite(
  text: string,
  plain: (part: string) => string,
  replace: (entity: Entity, raw: string) => string,
): string {
  let out = ''
  let from = 0
  for (const entity of entitiesOf(text)) {
    const end = entity.at + entity.length
    out += plain(text.slice(from, entity.at)) + replace(entity, text.slice(entity.at, end))
    from = end
  }
  return out + plain(text.slice(from))
}

/** Punctuation after a link is not part of it, save a bracket that the link itself opened. */
function trimUrl(url: string): string {
  const tail = TRAILING.exec(url)?.[0] ?? ''
  const closes = tail.startsWith(')') && url.slice(0, -tail.length).includes('(')
  return url.slice(0, url.length - tail.length + (closes ? 1 : 0))
}
