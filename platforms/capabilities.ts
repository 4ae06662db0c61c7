import { z } from 'zod'
import type { RefreshModel } from '../domain/connection-state.ts'
import type { Platform } from '../domain/platforms.ts'
import type { Authorizer } from './authorizer.ts'
import type { Connector, Limits } from './connector.ts'
import { ownSettings } from './content.ts'

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
  tiktok: [
    { feature: 'delete', why: 'TikTok lets apps delete nothing; delete the post in its app.' },
    { feature: 'text_post', why: 'TikTok lets apps post videos and photos only.' },
  ],
  pinterest: [{ feature: 'text_post', why: 'A pin always has a picture or a video.' }],
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

/** A platform as `GET /v1/platforms` shows it. */
export interface PlatformDescription {
  platform: Platform
  displayName: string
  /** What can be published. */
  kinds: readonly string[]
  /** The usual way first. */
  auth: readonly AuthDescription[]
  limits: Limits
  settingsSchema: Readonly<Record<string, unknown>>
  can: { confirm: boolean; remove: boolean }
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

/** Of every platform; more of single ones. */
const NOT_YET_OFFERED_ANYWHERE = ['analytics', 'inbox']
const NOT_YET_OFFERED: Partial<Record<Platform, readonly string[]>> = {
  x: ['edit', 'article', 'subtitles'],
  bluesky: ['captions', 'gallery'],
  mastodon: ['edit', 'video_thumbnail'],
  linkedin: ['edit', 'reshare'],
  reddit: ['poll', 'crosspost'],
  facebook: ['edit'],
  youtube: ['edit', 'captions'],
  pinterest: ['edit'],
  google_business: ['edit'],
}

export function describePlatform(
  platform: Platform,
  authorizers: readonly Authorizer[],
  connector: Connector,
): PlatformDescription {
  const displayName = DISPLAY_NAMES[platform]
  const auth = authorizers.map(describeAuth)
  const closedToApps = CLOSED_TO_APPS[platform] ?? []
  return {
    platform,
    displayName,
    kinds: connector.kinds,
    auth,
    closedToApps,
    limits: connector.limits,
    settingsSchema: withOwnSettings(connector),
    can: { confirm: connector.confirm !== undefined, remove: connector.remove !== undefined },
    notYetOffered: [...(NOT_YET_OFFERED[platform] ?? []), ...NOT_YET_OFFERED_ANYWHERE],
  }
}

/** The platform's settings and those of Clarion's own that the platform has. */
function withOwnSettings({ settingsSchema, limits }: Connector): Readonly<Record<string, unknown>> {
  const own = z.toJSONSchema(ownSettings, { target: 'draft-2020-12', io: 'input' })
  const { thread, first_comment } = own.properties ?? {}
  const properties = {
    ...Object(settingsSchema.properties),
    ...(limits.maxThreadParts === undefined ? {} : { thread }),
    ...(limits.maxFirstCommentLength === undefined ? {} : { first_comment }),
  }
  return { ...settingsSchema, properties }
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
