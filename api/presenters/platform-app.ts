import type { PlatformApp } from '../../db/entities/platform-app.ts'
import type { PlatformAppAnswer } from '../contract/schemas/platform-apps.ts'
import { isoOf } from './instants.ts'

/** Says that there is a secret, and nothing else of it. */
export function presentPlatformApp(app: PlatformApp): PlatformAppAnswer {
  return {
    id: app.id,
    platform: app.platform,
    name: app.name,
    client_id: app.clientId ?? null,
    has_client_secret: app.clientSecretCiphertext != null,
    api_key: app.apiKey ?? null,
    has_api_secret: app.apiSecretCiphertext != null,
    is_default: app.isDefault,
    verified_at: isoOf(app.verifiedAt),
    verify_error: app.verifyError ?? null,
    revision: app.revision,
    created_by: app.createdBy ?? null,
    updated_by: app.updatedBy ?? null,
    created_at: app.createdAt.toISOString(),
    updated_at: app.updatedAt.toISOString(),
  }
}
