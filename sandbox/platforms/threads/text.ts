import { type GraphProblem, invalidParameter, refuse } from '../meta/errors.ts'

/** https://developers.facebook.com/docs/threads/posts */
const MAX_TEXT = 500
/** https://developers.facebook.com/docs/threads/changelog : since 22 December 2025. */
const MAX_LINKS = 5
const MAX_TAG = 50

const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f/u
const LINK = /https?:\/\/[^\s<>"]+/g
/** One letter at least; `#1` is no tag. */
const FIRST_TAG = /(^|\s)#(?=[\p{N}_]*\p{L})([\p{L}\p{N}\p{M}_]{1,50})/u

/** Refuses a text of more than 500 characters, an emoji counting as its UTF-8 bytes. */
export function assertLength(text: string): void {
  const lengths = [...text].map((char) => (EMOJI.test(char) ? Buffer.byteLength(char) : 1))
  if (lengths.reduce((sum, one) => sum + one, 0) <= MAX_TEXT) return
  throw refuse(invalidParameter(`Param text must be at most ${MAX_TEXT} characters long.`))
}

/** Counts each address once, over the text and the attached one. */
export function assertLinks(text: string, attached: string | undefined): void {
  const links = new Set(text.match(LINK) ?? [])
  if (attached !== undefined) links.add(attached)
  if (links.size > MAX_LINKS) throw refuse(TOO_MANY_LINKS)
}

const TOO_MANY_LINKS: GraphProblem = {
  message: `THREADS_API__LINK_LIMIT_EXCEEDED: a post can have at most ${MAX_LINKS} links`,
  code: 100,
  isTransient: false,
  userTitle: 'Too Many Links',
  userMessage: `A post can have at most ${MAX_LINKS} unique links.`,
}

/** The topic of a post and the text as visitors see it: the first `#tag` loses its `#`. */
export function topicOf(text: string, asked: string | undefined): { tag?: string; shown: string } {
  if (asked !== undefined) return { tag: checkedTag(asked), shown: text }
  const tag = FIRST_TAG.exec(text)?.[2]
  if (tag === undefined) return { shown: text }
  return { tag, shown: text.replace(FIRST_TAG, '$1$2') }
}

function checkedTag(tag: string): string {
  const isLong = tag.length < 1 || [...tag].length > MAX_TAG
  if (!isLong && !/[.&]/.test(tag)) return tag
  throw refuse({
    message: 'Invalid parameter',
    code: 100,
    subcode: 4279071,
    isTransient: false,
    userTitle: 'Topic Tag Not Permitted',
    userMessage: 'This topic tag cannot be used. Remove it or choose another one.',
  })
}
