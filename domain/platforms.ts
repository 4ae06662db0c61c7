/** The twelve platforms Clarion publishes to. `twitter` is an input alias of `x`. */
export const PLATFORMS = [
  'x',
  'instagram',
  'facebook',
  'linkedin',
  'tiktok',
  'youtube',
  'threads',
  'pinterest',
  'bluesky',
  'mastodon',
  'google_business',
  'reddit',
] as const

export type Platform = (typeof PLATFORMS)[number]

const ALIASES: ReadonlyMap<string, Platform> = new Map([['twitter', 'x']])

/** The platform a name or alias means; undefined when it is none of them. */
export function parsePlatform(name: string): Platform | undefined {
  const lower = name.toLowerCase()
  return PLATFORMS.find((platform) => platform === lower) ?? ALIASES.get(lower)
}

/** Whose client credentials a login uses: X has another pair for OAuth 1.0a. */
export type AppKey = Platform | 'x_oauth1'
