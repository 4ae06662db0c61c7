import type { RefreshModel } from '../domain/connection-state.ts'
import type { Platform } from '../domain/platforms.ts'
import type { Authorizer } from './authorizer.ts'
import type { Connector, Limits } from './connector.ts'

/** By consent page, or by what a person types in. */
export type AuthKind = 'oauth' | 'credentials'

/** `why` is in words for a person. */
export interface ClosedFeature {
  feature: string
  why: string
}

const CLOSED_TO_APPS: Partial<Record<Platform, readonly ClosedFeature[]>> = {
  facebook: [
    { feature: 'profile', why: 'Facebook lets no app post to personal profiles since 2018.' },
    { feature: 'group', why: 'Facebook closed groups to apps in 2024.' },
  ],
  instagram: [
    {
      feature: 'personal_account',
      why: 'Instagram lets apps post to business and creator accounts only.',
    },
  ],
  youtube: [
    { feature: 'community_post', why: 'YouTube offers community posts in its own studio only.' },
  ],
}

/** One way of connecting an account. */
export interface AuthDescription {
  method: string
  kinds: readonly AuthKind[]
  scopes: readonly string[]
  refreshModel: RefreshModel
  /** True when the person names a server to connect at. */
  perInstance: boolean
  credentialFields: readonly { name: string; required: boolean; secret: boolean }[]
}

/** A platform as `GET /v1/platforms` shows it; what is not offered has no more than names. */
export interface PlatformDescription {
  platform: Platform
  displayName: string
  /** Whether Clarion publishes to it. */
  available: boolean
  /** The usual way first; empty when accounts cannot be connected. */
  auth: readonly AuthDescription[]
  limits?: Limits
  settingsSchema?: Readonly<Record<string, unknown>>
  can?: { confirm: boolean; remove: boolean }
  /** What the platform does not let apps do at all. */
  closedToApps: readonly ClosedFeature[]
  /** What the platform can do and Clarion does not offer on it yet. */
  notYetOffered: readonly string[]
}

const DISPLAY_NAMES: Record<Platform, string> = {
  x: 'X',
  instagram: 'Instagram',
  facebook: 'Facebook',
  linkedin: 'LinkedIn',
  tiktok: 'TikTok',
  youtube: 'YouTube',
  threads: 'Threads',
  pinterest: 'Pinterest',
  bluesky: 'Bluesky',
  mastodon: 'Mastodon',
  google_business: 'Google Business Profile',
  reddit: 'Reddit',
}

const NOT_YET_OFFERED: Partial<Record<Platform, readonly string[]>> = {
  x: ['media', 'thread', 'reply', 'quote', 'poll', 'edit', 'analytics', 'inbox'],
  bluesky: ['media', 'thread', 'reply', 'quote', 'link_card', 'analytics', 'inbox'],
  mastodon: ['media', 'thread', 'reply', 'quote', 'poll', 'edit', 'analytics', 'inbox'],
}

export function describePlatform(
  platform: Platform,
  authorizers: readonly Authorizer[],
  connector: Connector | undefined,
): PlatformDescription {
  const displayName = DISPLAY_NAMES[platform]
  const auth = authorizers.map(describeAuth)
  const closedToApps = CLOSED_TO_APPS[platform] ?? []
  if (!connector) {
    const notYetOffered = ['publish']
    return { platform, displayName, available: false, auth, closedToApps, notYetOffered }
  }
  return {
    platform,
    displayName,
    available: true,
    auth,
    closedToApps,
    limits: connector.limits,
    settingsSchema: connector.settingsSchema,
    can: { confirm: connector.confirm !== undefined, remove: connector.remove !== undefined },
    notYetOffered: NOT_YET_OFFERED[platform] ?? [],
  }
}

function describeAuth(auth: Authorizer): AuthDescription {
  const kinds: AuthKind[] = []
  if (auth.authorizationUrl) kinds.push('oauth')
  if (auth.withCredentials) kinds.push('credentials')
  return {
    method: auth.method,
    kinds,
    scopes: auth.scopes,
    refreshModel: auth.refreshModel,
    perInstance: auth.needsServiceUrl === true,
    credentialFields: auth.credentialFields ?? [],
  }
}
