import type { z } from 'zod'
import type { PlatformDescription } from '../../platforms/registry.ts'
import type { platformInfo } from '../contract/schemas/service.ts'

type PlatformInfo = z.output<typeof platformInfo>

/** What is registered of a platform, in the words of the API. */
export function presentPlatform(described: PlatformDescription): PlatformInfo {
  const methods = described.auth.map(presentMethod)
  const usual = methods[0]
  return {
    platform: described.platform,
    display_name: described.displayName,
    is_available: true,
    kinds: [...described.kinds],
    can_delete: described.can.remove,
    connect: [...new Set(methods.flatMap(({ connect }) => connect))],
    methods,
    needs_instance_url: usual?.needs_instance_url ?? false,
    credential_fields:
      methods.find(({ connect }) => connect.includes('credentials'))?.credential_fields ?? [],
    scopes: usual?.scopes ?? [],
    limits: limitsOf(described),
    settings_schema: { ...described.settingsSchema },
    closed_to_apps: described.closedToApps.map(({ feature, why }) => ({ feature, why })),
    not_offered: [...described.notYetOffered],
  }
}

function presentMethod(
  described: PlatformDescription['auth'][number],
): PlatformInfo['methods'][number] {
  return {
    method: described.method,
    connect: [...described.kinds],
    scopes: [...described.scopes],
    refresh_model: described.refreshModel,
    needs_instance_url: described.perInstance,
    credential_fields: described.credentialFields.map(({ name, required, secret }) => ({
      ...{ name, required, secret },
    })),
  }
}

function limitsOf({ limits }: PlatformDescription): PlatformInfo['limits'] {
  return {
    max_text_length: limits.maxTextLength,
    text_unit: limits.textUnit,
    per_instance: limits.perInstance ?? false,
    max_media: limits.maxMedia ?? null,
    max_thread_parts: limits.maxThreadParts ?? null,
    max_first_comment_length: limits.maxFirstCommentLength ?? null,
    caps: (limits.caps ?? []).map(({ posts, windowMs, source }) => ({
      posts,
      window_seconds: windowMs / 1000,
      source,
    })),
    source: limits.source,
  }
}
