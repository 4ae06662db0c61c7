import { z } from 'zod'
import { REFRESH_MODELS } from '../../../domain/connection-state.ts'
import { SCOPES } from '../../policies/scopes.ts'
import { jsonObject, platform, textUnit, uuid } from './common.ts'

/**
 * Answer of GET /v1/me. `scopes` are the effective ones: those of the key that the user's role
 * allows today.
 */
export const me = z
  .strictObject({
    tenant: z.strictObject({ id: uuid, name: z.string(), slug: z.string(), timezone: z.string() }),
    user: z.strictObject({
      id: uuid,
      email: z.string(),
      display_name: z.string(),
      external_id: z.string().nullable(),
      role: z.string().nullable(),
    }),
    api_key: z.strictObject({ id: uuid, scopes: z.array(z.enum(SCOPES)) }),
  })
  .meta({ id: 'Me' })

const connectKinds = z.array(z.enum(['oauth', 'credentials']))
const credentialFields = z.array(
  z.strictObject({ name: z.string(), required: z.boolean(), secret: z.boolean() }),
)

/** One way of connecting an account; `method` names it in requests. */
const connectMethod = z
  .strictObject({
    method: z.string(),
    connect: connectKinds,
    scopes: z.array(z.string()),
    refresh_model: z.enum(REFRESH_MODELS),
    needs_instance_url: z.boolean(),
    credential_fields: credentialFields,
  })
  .meta({ id: 'ConnectMethod' })

/**
 * What a client needs to build its forms for one platform; taken from the connector, so that it
 * cannot drift from what is enforced. `limits.source` is the platform's document.
 */
export const platformInfo = z
  .strictObject({
    platform,
    display_name: z.string(),
    is_available: z.boolean().meta({ description: 'Whether posts can be published here.' }),
    kinds: z.array(z.string()).meta({ description: 'What can be published.' }),
    can_delete: z.boolean().meta({ description: 'Whether published posts can be deleted.' }),
    connect: connectKinds.meta({ description: 'Empty where no account can be connected.' }),
    methods: z.array(connectMethod).meta({ description: 'The usual one first.' }),
    needs_instance_url: z.boolean(),
    credential_fields: credentialFields,
    scopes: z.array(z.string()),
    limits: z
      .strictObject({
        max_text_length: z.int(),
        text_unit: textUnit,
        per_instance: z.boolean(),
        max_media: z.int().nullable().meta({ description: 'Most files of one post.' }),
        max_thread_parts: z.int().nullable().meta({ description: 'Null: no threads.' }),
        max_first_comment_length: z.int().nullable().meta({ description: 'Null: none.' }),
        caps: z
          .array(z.strictObject({ posts: z.int(), window_seconds: z.int(), source: z.string() }))
          .meta({ description: 'Posts of one account in a rolling window.' }),
        source: z.string(),
      })
      .nullable(),
    settings_schema: jsonObject.nullable(),
    /** What the platform lets no app do, with the reason. */
    closed_to_apps: z.array(z.strictObject({ feature: z.string(), why: z.string() })),
    not_offered: z.array(z.string()),
  })
  .meta({ id: 'PlatformInfo' })

/** Platforms without a connector are listed too, with `is_available: false`. */
export const platformList = z
  .strictObject({ data: z.array(platformInfo) })
  .meta({ id: 'PlatformList' })

/** Liveness: touches nothing outside the process, or a slow database would get it restarted. */
export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })

/** Keys of `checks` are database, temporal and cipher. */
export const readiness = z
  .strictObject({
    status: z.enum(['ready', 'degraded']),
    checks: z.record(z.string(), z.enum(['ok', 'failed'])),
  })
  .meta({ id: 'Readiness' })
