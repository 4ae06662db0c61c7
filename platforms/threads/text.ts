const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u

/**
 * Characters as Threads counts them: an emoji counts as its UTF-8 bytes.
 * https://developers.facebook.com/docs/threads/overview
 */
export function threadsLength(text: string): number {
  let length = 0
  for (const { segment } of segmenter.segment(text)) {
    length += EMOJI.test(segment) ? Buffer.byteLength(segment) : [...segment].length
  }
  return length
}

const URLS = /https?:\/\/[^\s<>"“”]+/gi

/** Different links of a text, without the punctuation that follows them. */
export function linksOf(text: string): string[] {
  return [...text.matchAll(URLS)].map(([url]) => url.replace(/[.,;:!?'"’)\]]+$/, ''))
}

/** Threads makes the first hashtag the post's topic, which then stands there without its `#`. */
export function isPublishedText(published: string, asked: string): boolean {
  const [one, other] = [tidy(published), tidy(asked)]
  return one === other || one === tidy(other.replace(/(^|\s)#(?=[\p{L}\p{N}_])/u, '$1'))
}

function tidy(text: string): string {
  return text.normalize('NFC').replaceAll('\r\n', '\n').trim()
}
