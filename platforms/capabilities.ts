import type { Platform } from '../domain/platforms.ts'
import type { Connector, Limits, RefreshModel } from './connector.ts'

export type AuthKind = 'oauth2' | 'credentials'

/** A platform as `GET /v1/platforms` shows it; `available: false` has no more than names. */
export interface PlatformDescription {
  platform: Platform
  displayName: string
  available: boolean
  auth?: {
    kinds: readonly AuthKind[]
    scopes: readonly string[]
    refreshModel: RefreshModel
    /** True when the person names a server to connect at. */
    perInstance: boolean
    credentialFields: readonly { name: string; required: boolean; secret: boolean }[]
  }
  limits?: Limits
  settingsSchema?: Readonly<Record<string, unknown>>
  can?: { confirm: boolean; remove: boolean }
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
  x: ['media', 'thread', 'reply', 'quote', 'poll', 'edit', 'oauth1', 'analytics', 'inbox'],
  bluesky: ['media', 'thread', 'reply', 'quote', 'link_card', 'oauth2', 'analytics', 'inbox'],
  mastodon: ['media', 'thread', 'reply', 'quote', 'poll', 'edit', 'analytics', 'inbox'],
}

export function describePlatform(
  platform: Platform,
  connector: Connector | undefined,
): PlatformDescription {
  const displayName = DISPLAY_NAMES[platform]
  if (!connector) return { platform, displayName, available: false, notYetOffered: ['publish'] }
  return {
    platform,
    displayName,
    available: true,
    auth: describeAuth(connector),
    limits: connector.limits,
    settingsSchema: connector.settingsSchema,
    can: { confirm: connector.confirm !== undefined, remove: connector.remove !== undefined },
    notYetOffered: NOT_YET_OFFERED[platform] ?? [],
  }
}

function describeAuth({ auth, limits }: Connector): PlatformDescription['auth'] {
  const kinds: AuthKind[] = []
  if (auth.authorizationUrl) kinds.push('oauth2')
  if (auth.withCredentials) kinds.push('credentials')
  return {
    kinds,
    scopes: auth.scopes,
    refreshModel: auth.refreshModel,
    perInstance: limits.perInstance === true || auth.registerApp !== undefined,
    credentialFields: auth.credentialFields ?? [],
  }
}
