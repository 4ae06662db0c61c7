import type { Platform } from '../domain/platforms.ts'
import { PLATFORMS } from '../domain/platforms.ts'
import type { Authorizer } from './authorizer.ts'
import { BLUESKY_HOSTS, makeBlueskyConnector } from './bluesky/connector.ts'
import { makeBlueskyOauthAuthorizer } from './bluesky/oauth.ts'
import type { PlatformHosts } from './call.ts'
import { describePlatform, type PlatformDescription } from './capabilities.ts'
import type { Connector } from './connector.ts'
import { FACEBOOK_HOSTS } from './facebook/auth.ts'
import { makeFacebookConnector } from './facebook/connector.ts'
import { GOOGLE_BUSINESS_HOSTS } from './google_business/auth.ts'
import { makeGoogleBusinessConnector } from './google_business/connector.ts'
import { mergeHosts } from './hosts.ts'
import { type Http, type HttpOptions, makeHttp } from './http.ts'
import { INSTAGRAM_HOSTS } from './instagram/auth.ts'
import { makeInstagramConnector } from './instagram/connector.ts'
import { makeInstagramLoginAuthorizer } from './instagram/instagram-login.ts'
import { LINKEDIN_HOSTS } from './linkedin/auth.ts'
import { makeLinkedinConnector } from './linkedin/connector.ts'
import { MASTODON_HOSTS, makeMastodonConnector } from './mastodon/connector.ts'
import { PINTEREST_HOSTS } from './pinterest/auth.ts'
import { makePinterestConnector } from './pinterest/connector.ts'
import { REDDIT_HOSTS } from './reddit/auth.ts'
import { makeRedditConnector } from './reddit/connector.ts'
import { THREADS_HOSTS } from './threads/auth.ts'
import { makeThreadsConnector } from './threads/connector.ts'
import { TIKTOK_HOSTS } from './tiktok/auth.ts'
import { makeTiktokConnector } from './tiktok/connector.ts'
import { type ConfirmTiming, DEFAULT_TIMING } from './timing.ts'
import { makeXConnector, X_HOSTS } from './x/connector.ts'
import { makeXOauth1Authorizer } from './x/oauth1.ts'
import { YOUTUBE_HOSTS } from './youtube/auth.ts'
import { makeYoutubeConnector } from './youtube/connector.ts'

export { readAccountLimits } from './account-limits.ts'
export type {
  Account,
  AppCredentials,
  Authorizer,
  CoveredAccount,
  Grant,
} from './authorizer.ts'
export { parseServiceUrl } from './base-url.ts'
export type { PlatformDescription } from './capabilities.ts'
export { type AccountUse, checkContent } from './check-content.ts'
export type { Connector } from './connector.ts'
export { type MediaRef, mediaOfSettings, partsOf, readContent, withDefaults } from './content.ts'

export interface RegistryConfig {
  /** Hosts that differ from the platforms' real ones. */
  hosts?: Partial<Record<Platform, Partial<PlatformHosts>>>
  http: HttpOptions
  timing?: Partial<ConfirmTiming>
}

export interface Registry {
  connector(platform: Platform): Connector
  /** Every way in which accounts of the platform connect, the usual one first. */
  authorizers(platform: Platform): readonly Authorizer[]
  /** The way a connection was made by; undefined when it is not offered (any more). */
  authorizer(platform: Platform, method: string): Authorizer | undefined
  /** All twelve, for `GET /v1/platforms`. */
  platforms(): readonly PlatformDescription[]
  readonly http: Http
}

type HostsOf = (platform: Platform) => PlatformHosts
type MakeConnector = (hosts: PlatformHosts, timing: ConfirmTiming, hostsOf: HostsOf) => Connector

const HOSTS: Readonly<Record<Platform, PlatformHosts>> = {
  x: X_HOSTS,
  bluesky: BLUESKY_HOSTS,
  mastodon: MASTODON_HOSTS,
  pinterest: PINTEREST_HOSTS,
  reddit: REDDIT_HOSTS,
  facebook: FACEBOOK_HOSTS,
  instagram: INSTAGRAM_HOSTS,
  threads: THREADS_HOSTS,
  youtube: YOUTUBE_HOSTS,
  google_business: GOOGLE_BUSINESS_HOSTS,
  tiktok: TIKTOK_HOSTS,
  linkedin: LINKEDIN_HOSTS,
}

const CONNECTORS: Readonly<Record<Platform, MakeConnector>> = {
  x: makeXConnector,
  bluesky: makeBlueskyConnector,
  mastodon: makeMastodonConnector,
  linkedin: makeLinkedinConnector,
  pinterest: makePinterestConnector,
  google_business: makeGoogleBusinessConnector,
  reddit: makeRedditConnector,
  tiktok: (hosts, timing) => makeTiktokConnector(hosts, timing),
  youtube: (hosts, timing) => makeYoutubeConnector(hosts, timing),
  facebook: makeFacebookConnector,
  instagram: (hosts, timing, hostsOf) => makeInstagramConnector(hosts, timing, hostsOf('facebook')),
  threads: makeThreadsConnector,
}

/** Ways of connecting besides the `auth` of a connector. */
const AUTHORIZERS: Partial<Record<Platform, (hostsOf: HostsOf) => readonly Authorizer[]>> = {
  x: (hostsOf) => [makeXOauth1Authorizer(hostsOf('x'))],
  bluesky: (hostsOf) => [makeBlueskyOauthAuthorizer(hostsOf('bluesky'))],
  instagram: (hostsOf) => [makeInstagramLoginAuthorizer(hostsOf('instagram'))],
}

export function makeRegistry(config: RegistryConfig): Registry {
  const timing = { ...DEFAULT_TIMING, ...config.timing }
  const hostsOf: HostsOf = (platform) => mergeHosts(HOSTS[platform], config.hosts?.[platform])
  const make = (platform: Platform) => CONNECTORS[platform](hostsOf(platform), timing, hostsOf)
  const connectors = new Map(PLATFORMS.map((platform) => [platform, make(platform)]))
  const connector = (platform: Platform): Connector => connectors.get(platform) ?? make(platform)
  const authorizers = new Map(
    PLATFORMS.map((platform) => {
      const further = AUTHORIZERS[platform]?.(hostsOf) ?? []
      return [platform, [connector(platform).auth, ...further]]
    }),
  )
  const authorizersOf = (platform: Platform) => authorizers.get(platform) ?? []
  return {
    connector,
    authorizers: authorizersOf,
    authorizer: (platform, method) => authorizersOf(platform).find((one) => one.method === method),
    platforms: () =>
      PLATFORMS.map((platform) =>
        describePlatform(platform, authorizersOf(platform), connector(platform)),
      ),
    http: makeHttp(config.http),
  }
}
