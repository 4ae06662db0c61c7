/** https://developers.tiktok.com/doc/tiktok-api-scopes */
const KNOWN = new Set(
  `user.info.basic user.info.profile user.info.stats video.list video.publish
  video.upload`.split(/\s+/),
)

/** Login Kit’s own scope: the person cannot take it away. */
export const BASIC = 'user.info.basic'

/** The scopes of a request, separated by commas; undefined when one is unknown. */
export function readScopes(text: string): string[] | undefined {
  const asked = text.split(',').map((one) => one.trim())
  return asked.every((one) => KNOWN.has(one)) ? [...new Set(asked)] : undefined
}

/** What the person leaves on; null = everything. */
export function leftOn(asked: readonly string[], ticked: string | null): string[] {
  if (ticked === null) return [...asked]
  const names = ticked.split(',').map((one) => one.trim())
  return asked.filter((one) => one === BASIC || names.includes(one))
}

/** The scope that each field of `/v2/user/info/` needs. */
export const FIELD_SCOPES: ReadonlyMap<string, string> = new Map([
  ...fieldsOf(BASIC, 'open_id union_id avatar_url avatar_url_100 avatar_large_url display_name'),
  ...fieldsOf('user.info.profile', 'bio_description profile_deep_link is_verified username'),
  ...fieldsOf('user.info.stats', 'follower_count following_count likes_count video_count'),
])

function fieldsOf(scope: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, scope])
}
