const MAX_LENGTH = 300

/**
 * A platform's own words as the end of a message for people: one line without markup, braces,
 * queries of addresses or anything that looks like a token, with a full stop.
 */
export function asSentence(words: string, maxLength = MAX_LENGTH): string {
  const plain = words
    .replace(/<[^>]*>/g, ' ')
    .replace(/[{}<>]/g, ' ')
    .replace(/(https?:\/\/[^\s?]+)\?\S*/gi, '$1')
    // Longer than any id that a person could use.
    .replace(/[\w|-]{33,}/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
  const short = plain.length > maxLength ? `${plain.slice(0, maxLength).trimEnd()}…` : plain
  return /[.!?…]["”’)]?$/.test(short) ? short : `${short}.`
}
