import twitterText from 'twitter-text'

/** https://docs.joinmastodon.org/user/posting/#text: links count alike, however long. */
export const DEFAULT_CHARACTERS_PER_URL = 23

/** app/models/account.rb of mastodon/mastodon: `@user@host` counts as `@user`. */
const REMOTE_MENTION =
  /(?<![=/\p{L}\p{N}\p{M}_])(@[a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?)@[\p{L}\p{N}\p{M}_.-]+[\p{L}\p{N}\p{M}_]+/giu

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The length an instance counts: graphemes of the warning and of the text with links reduced. */
export function mastodonLength(
  text: string,
  spoilerText = '',
  charactersPerUrl = DEFAULT_CHARACTERS_PER_URL,
): number {
  return graphemes(spoilerText) + graphemes(countable(text, charactersPerUrl))
}

function countable(text: string, charactersPerUrl: number): string {
  const urls = twitterText.extractUrlsWithIndices(text, { extractUrlsWithoutProtocol: false })
  let result = ''
  let end = 0
  for (const { indices } of urls) {
    result += shortenMentions(text.slice(end, indices[0])) + 'x'.repeat(charactersPerUrl)
    end = indices[1]
  }
  return result + shortenMentions(text.slice(end))
}

function shortenMentions(text: string): string {
  return text.replace(REMOTE_MENTION, '$1')
}

function graphemes(text: string): number {
  return [...segmenter.segment(text)].length
}
