import type { Platform } from '../domain/platforms.ts'
import { PLATFORMS } from '../domain/platforms.ts'
import { BLUESKY_HOSTS, makeBlueskyConnector } from './bluesky/connector.ts'
import { describePlatform, type PlatformDescription } from './capabilities.ts'
import type { Connector, PlatformHosts } from './connector.ts'
import { type Http, type HttpOptions, makeHttp } from './http.ts'
import { MASTODON_HOSTS, makeMastodonConnector } from './mastodon/connector.ts'
import { type ConfirmTiming, DEFAULT_TIMING } from './timing.ts'
import { makeXConnector, X_HOSTS } from './x/connector.ts'

export { readAccountLimits } from './account-limits.ts'
export { parseServiceUrl } from './base-url.ts'
export type { PlatformDescription } from './capabilities.ts'
export type { Account, AppCredentials, Connector, Grant } from './connector.ts'

export interface RegistryConfig {
  /** Hosts that differ from the platforms' real ones. */
  hosts?: Partial<Record<Platform, Partial<PlatformHosts>>>
  http: HttpOptions
  timing?: Partial<ConfirmTiming>
}

export interface Registry {
  /** Undefined when Clarion does not publish to the platform yet. */
  connector(platform: Platform): Connector | undefined
  /** All twelve, those not offered yet included, for `GET /v1/platforms`. */
  platforms(): readonly PlatformDescription[]
  readonly http: Http
}

type MakeConnector = (hosts: PlatformHosts, timing: ConfirmTiming) => Connector

const OFFERED: Partial<Record<Platform, { hosts: PlatformHosts; make: MakeConnector }>> = {
  x: { hosts: X_HOSTS, make: makeXConnector },
  bluesky: { hosts: BLUESKY_HOSTS, make: makeBlueskyConnector },
  mastodon: { hosts: MASTODON_HOSTS, make: makeMastodonConnector },
}

export function makeRegistry(config: RegistryConfig): Registry {
  const timing = { ...DEFAULT_TIMING, ...config.timing }
  const connectors = new Map<Platform, Connector>()
  for (const platform of PLATFORMS) {
    const offered = OFFERED[platform]
    if (!offered) continue
    const hosts = { ...offered.hosts, ...config.hosts?.[platform] }
    connectors.set(platform, offered.make(hosts, timing))
  }
  return {
    connector: (platform) => connectors.get(platform),
    platforms: () =>
      PLATFORMS.map((platform) => describePlatform(platform, connectors.get(platform))),
    http: makeHttp(config.http),
  }
}
