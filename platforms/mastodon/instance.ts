import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Call } from '../call.ts'
import type { AccountLimits } from '../connector.ts'
import { askInstance, type Instance } from './client.ts'
import { MASTODON_DIALECT } from './errors.ts'

const metadataSchema = z.object({
  issuer: z.string(),
  scopes_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
})

/** What an instance says of its OAuth; servers before 4.3 say nothing. */
export interface OauthSupport {
  issuer: string
  pkce: boolean
  profileScope: boolean
}

/** https://docs.joinmastodon.org/methods/oauth/#authorization-server-metadata */
export async function readOauthSupport(instance: Instance, call: Call): Promise<OauthSupport> {
  const path = '/.well-known/oauth-authorization-server'
  const metadata = await optional(async () => {
    const answer = await askInstance(instance, { method: 'GET', path }, call)
    return readJson(MASTODON_DIALECT, answer, metadataSchema)
  })
  return {
    issuer: metadata?.issuer ?? instance.url,
    pkce: metadata?.code_challenge_methods_supported?.includes('S256') === true,
    profileScope: metadata?.scopes_supported?.includes('profile') === true,
  }
}

const instanceSchema = z.object({
  version: z.string(),
  domain: z.string().optional(),
  /** Version 1 names the domain `uri`. */
  uri: z.string().optional(),
  configuration: z
    .object({
      statuses: z
        .object({
          max_characters: z.number().int().positive().optional(),
          characters_reserved_per_url: z.number().int().positive().optional(),
          max_media_attachments: z.number().int().positive().optional(),
        })
        .optional(),
      media_attachments: z
        .object({
          supported_mime_types: z.array(z.string()).optional(),
          image_size_limit: z.number().int().positive().optional(),
          video_size_limit: z.number().int().positive().optional(),
        })
        .optional(),
    })
    .optional(),
})

export interface InstanceFacts {
  version: string
  domain: string
  limits: AccountLimits
}

/** https://docs.joinmastodon.org/methods/instance/; version 1 for servers before 4.0. */
export async function readInstance(instance: Instance, call: Call): Promise<InstanceFacts> {
  const read = async (path: string) => {
    const answer = await askInstance(instance, { method: 'GET', path }, call)
    return readJson(MASTODON_DIALECT, answer, instanceSchema)
  }
  const facts = (await optional(() => read('/api/v2/instance'))) ?? (await read('/api/v1/instance'))
  return {
    version: facts.version,
    domain: facts.domain ?? facts.uri ?? new URL(instance.url).host,
    limits: limitsOf(facts.configuration ?? {}),
  }
}

/** https://docs.joinmastodon.org/entities/Instance/#configuration; what is not said is left out. */
function limitsOf({
  statuses = {},
  media_attachments: media = {},
}: NonNullable<z.output<typeof instanceSchema>['configuration']>): AccountLimits {
  const limits = {
    maxTextLength: statuses.max_characters,
    charactersPerUrl: statuses.characters_reserved_per_url,
    maxMedia: statuses.max_media_attachments,
    maxImageBytes: media.image_size_limit,
    maxVideoBytes: media.video_size_limit,
    mimeTypes: media.supported_mime_types,
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

/** Undefined where the server does not have the page; trouble that passes is thrown. */
async function optional<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof PlatformFailure && error.httpStatus && error.httpStatus < 500) {
      if (error.kind !== 'rate_limited') return undefined
    }
    throw error
  }
}
