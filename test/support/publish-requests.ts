/** Platforms that Clarion publishes to. */
export const SANDBOX_PLATFORMS = ['x', 'bluesky', 'mastodon'] as const
type PublishingPlatform = (typeof SANDBOX_PLATFORMS)[number]

/** Paths of the call that cannot be taken back, as the sandbox serves them. */
const PUBLISH_PATHS: Readonly<Record<PublishingPlatform, string>> = {
  x: '/x/2/tweets',
  bluesky: '/xrpc/com.atproto.repo.putRecord',
  mastodon: '/api/v1/statuses',
}

const TOKEN_PATHS: Readonly<Record<'x' | 'bluesky', string>> = {
  x: '/x/2/oauth2/token',
  bluesky: '/xrpc/com.atproto.server.refreshSession',
}

/** For `tap.hold`: the request that publishes this text, or any, on this platform. */
export function publishOn(platform: PublishingPlatform, text = '') {
  return (method: string, path: string, body: string) =>
    method === 'POST' && path === PUBLISH_PATHS[platform] && body.includes(text)
}

/** For `tap.hold`: the request that renews a token of this platform. */
export function refreshOn(platform: 'x' | 'bluesky') {
  return (method: string, path: string) => method === 'POST' && path === TOKEN_PATHS[platform]
}
