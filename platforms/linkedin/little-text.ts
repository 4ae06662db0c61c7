/**
 * LinkedIn's markup of posts, in which an unescaped reserved character silently cuts the text off:
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
 */
const RESERVED = /[\\<>#~_|[\]*(){}@]/g

/** `@[Name](urn:li:organization:1)`: authors write mentions as LinkedIn does. */
const MENTION = String.raw`@\[(?<name>[^\[\]\n]+)\]\((?<urn>urn:li:(?:person|organization):[\w-]+)\)`

/** Left as they are: a `#` within begins a fragment and no hashtag. */
const ADDRESS = String.raw`https?://\S+`

/** After a letter (`C#`) or a digit no hashtag begins; one without a letter (`#1`) is a number. */
const HASHTAG = String.raw`(?<![\p{L}\p{N}\p{M}_&#])#(?<tag>(?=[\p{L}\p{N}\p{M}_]*\p{L})[\p{L}\p{N}\p{M}_]+)`

const ELEMENTS = new RegExp(`${MENTION}|${ADDRESS}|${HASHTAG}`, 'gu')

/** Plain text with hashtags and mentions as the `commentary` of a post. */
export function toLittleText(text: string): string {
  let little = ''
  let end = 0
  for (const match of text.matchAll(ELEMENTS)) {
    little += escapeReserved(text.slice(end, match.index)) + elementOf(match)
    end = match.index + match[0].length
  }
  return little + escapeReserved(text.slice(end))
}

/** What readers see of a `commentary`: names of mentions, hashtags, no escapes. */
export function fromLittleText(little: string): string {
  return little
    .replace(/\{hashtag\|\\?#\|((?:\\.|[^}\\])*)\}/gu, String.raw`\#$1`)
    .replace(/@\[((?:\\.|[^\]\\])*)\] ?\(urn:li:\w+:[\w-]+\)/gu, '$1')
    .replace(/\\([\\<>#~_|[\]*(){}@])/g, '$1')
}

function elementOf({ 0: whole, groups = {} }: RegExpMatchArray): string {
  const { name, urn, tag } = groups
  if (tag !== undefined) return `{hashtag|\\#|${escapeReserved(tag)}}`
  if (name !== undefined) return `@[${escapeReserved(name)}](${urn})`
  return escapeReserved(whole)
}

function escapeReserved(text: string): string {
  return text.replace(RESERVED, String.raw`\$&`)
}
