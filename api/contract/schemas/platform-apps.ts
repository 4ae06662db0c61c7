import { z } from 'zod'
import { instant, pageOf, pageQuery, platform, platformInput, uuid } from './common.ts'

const appName = z.string().trim().min(1).max(200)
const publicId = z.string().trim().min(1).max(1000)
const secret = z
  .string()
  .min(1)
  .max(5000)
  .meta({ description: 'Written and never answered.', writeOnly: true })

/**
 * An app's credentials in the platforms' own words; which of them a platform takes is judged by
 * `takeAppCredentials`. `client_id` and `client_secret` are understood everywhere.
 */
const credentialFields = {
  client_id: publicId.optional(),
  client_secret: secret.nullish(),
  app_id: publicId.optional().meta({ description: 'instagram, facebook, threads' }),
  app_secret: secret.nullish(),
  client_key: publicId.optional().meta({ description: 'tiktok' }),
  api_key: publicId.nullish().meta({ description: 'x, for OAuth 1.0a' }),
  api_secret: secret.nullish(),
}

/** Body of POST /v1/platform-apps. The first app of a platform becomes its default one. */
export const createPlatformAppBody = z
  .strictObject({
    platform: platformInput,
    name: appName.optional(),
    ...credentialFields,
    is_default: z.boolean().optional(),
  })
  .meta({ id: 'CreatePlatformApp' })
export type AppCredentialsBody = Partial<Record<keyof typeof credentialFields, string | null>>

/** What is left out stays; a secret that is null is erased. */
export const changePlatformAppBody = z
  .strictObject({
    name: appName.optional(),
    ...credentialFields,
    is_default: z.boolean().optional(),
  })
  .meta({ id: 'ChangePlatformApp' })

/** A tenant's own app at a platform. Its secrets are never part of it, in no form. */
export const platformApp = z
  .strictObject({
    id: uuid,
    platform,
    name: z.string(),
    client_id: z.string().nullable().meta({ description: 'app_id, client_key … of the platform.' }),
    has_client_secret: z.boolean(),
    api_key: z.string().nullable(),
    has_api_secret: z.boolean(),
    is_default: z.boolean().meta({ description: 'Taken when a consent names no app.' }),
    verified_at: instant.nullable(),
    /** Why the platform refused the credentials when they were verified last. */
    verify_error: z
      .strictObject({ code: z.string(), message: z.string(), at: z.string() })
      .nullable(),
    revision: z.int(),
    created_by: uuid.nullable(),
    updated_by: uuid.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'PlatformApp' })
export type PlatformAppAnswer = z.output<typeof platformApp>

/** Newest first; `next_cursor` is null on the last page. */
export const platformAppPage = pageOf(platformApp).meta({ id: 'PlatformAppPage' })

export const listPlatformAppsQuery = z.strictObject({
  ...pageQuery,
  platform: platformInput.optional(),
})
