/** Characters that plain text has to escape, https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format */
const RESERVED = new Set('\\<>#~_|[]*(){}@')
const MENTION = /^@\[((?:\\.|[^\]\\])*)\]\((urn:li:(?:organization|person):[\w-]+)\)/s
const TEMPLATE = /^\{hashtag\|\\?[#＃]\|((?:\\.|[^}|\\])+)\}/s
const HASHTAG = /^#[\p{L}\p{N}]+/u

/** A commentary as readers see it. */
export interface LittleText {
  /** Escapes, mentions and hashtags resolved. */
  text: string
  /** What was kept of the source: all of it, unless something in it was no little text. */
  source: string
}

/**
 * Resolves a commentary. An unescaped reserved character that begins no element silently ends the
 * post there: LinkedIn answers 201 all the same.
 */
export function readLittleText(source: string): LittleText {
  let text = ''
  let at = 0
  while (at < source.length) {
    const part = elementAt(source.slice(at))
    if (part === undefined) break
    text += part.shown
    at += part.length
  }
  return { text, source: source.slice(0, at) }
}

/** The first element of a rest, or undefined where the post ends. */
function elementAt(rest: string): { shown: string; length: number } | undefined {
  const char = String.fromCodePoint(rest.codePointAt(0) ?? 0)
  if (!RESERVED.has(char)) return { shown: char, length: char.length }
  if (char === '\\') {
    const escaped = rest.slice(1, 2)
    return escaped === '' ? undefined : { shown: escaped, length: 2 }
  }
  const mention = MENTION.exec(rest)
  if (mention !== null) return { shown: plain(mention[1]), length: mention[0].length }
  const template = TEMPLATE.exec(rest)
  if (template !== null) return { shown: `#${plain(template[1])}`, length: template[0].length }
  const hashtag = HASHTAG.exec(rest)?.[0]
  return hashtag === undefined ? undefined : { shown: hashtag, length: hashtag.length }
}

function plain(text = ''): string {
  return text.replace(/\\(.)/gs, '$1')
}
