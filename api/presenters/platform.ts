import type { z } from 'zod'
import type { PlatformDescription } from '../../platforms/registry.ts'
import type { platformInfo } from '../contract/schemas/service.ts'

/** A connector's description in the words of the API. */
export function presentPlatform(described: PlatformDescription): z.output<typeof platformInfo> {
  const { auth, limits } = described
  return {
    platform: described.platform,
    display_name: described.displayName,
    is_available: described.available,
    connect: (auth?.kinds ?? []).map((kind) => (kind === 'oauth2' ? 'oauth' : 'credentials')),
    needs_instance_url: auth?.perInstance ?? false,
    credential_fields: (auth?.credentialFields ?? []).map(({ name, required, secret }) => ({
      name,
      required,
      secret,
    })),
    scopes: [...(auth?.scopes ?? [])],
    limits:
      limits === undefined
        ? null
        : {
            max_text_length: limits.maxTextLength,
            text_unit: limits.textUnit,
            per_instance: limits.perInstance ?? false,
            source: limits.source,
          },
    settings_schema:
      described.settingsSchema === undefined ? null : { ...described.settingsSchema },
    not_offered: [...described.notYetOffered],
  }
}
