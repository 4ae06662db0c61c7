import { z } from 'zod'
import { CONNECTION_STATUSES, REFRESH_MODELS } from '../../../domain/connection-state.ts'
import {
  instant,
  jsonObject,
  pageOf,
  pageQuery,
  platform,
  platformInput,
  queryFlag,
  textUnit,
  uuid,
} from './common.ts'

/**
 * Only bounded here: `parseServiceUrl` judges the address and the HTTP client the host it resolves
 * to.
 */
const instanceUrl = z.string().max(500).meta({ example: 'https://mastodon.social' })

/** A way of connecting, of those that GET /v1/platforms lists. */
const methodInput = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .meta({ description: 'Which of the platform’s `methods`; the first that fits unless given.' })

/**
 * Body of POST /v1/connections/authorize. `reconnect_connection_id` renews the consent of a known
 * account; another account is then refused.
 */
export const authorizeBody = z
  .strictObject({
    platform: platformInput,
    method: methodInput,
    instance_url: instanceUrl
      .optional()
      .meta({ description: 'A Mastodon instance or a Bluesky PDS.' }),
    platform_app_id: uuid.optional().meta({
      description: 'One of GET /v1/platform-apps; the default one of the platform unless given.',
    }),
    scopes: z.array(z.string().min(1).max(200)).max(50).optional(),
    redirect_after: z.string().max(2000).optional().meta({
      description: 'Where the consent ends; same origin as OAUTH_SUCCESS_URL.',
    }),
    reconnect_connection_id: uuid.optional(),
  })
  .meta({ id: 'Authorize' })

/** Platform, host and account come from the connection itself. */
export const reconnectBody = z
  .strictObject({ redirect_after: z.string().max(2000).optional() })
  .meta({ id: 'Reconnect' })

/** Where to send the browser, and until when the platform's answer is accepted. */
export const authorization = z
  .strictObject({
    session_id: uuid,
    authorization_url: z.string(),
    expires_at: instant,
  })
  .meta({ id: 'Authorization' })

/**
 * Credentials of platforms without a consent page. Which names are allowed is the connector's
 * matter (`takeCredentials`); the values are encrypted before they are stored.
 */
export const createConnectionBody = z
  .strictObject({
    platform: platformInput,
    method: methodInput,
    credentials: z.record(z.string().max(100), z.string().max(5000)).meta({
      description:
        'bluesky: identifier, app_password, service_url?; mastodon: instance_url, access_token; x: api_key, api_secret, access_token, access_token_secret. See GET /v1/platforms.',
    }),
    name: z.string().trim().min(1).max(200).optional(),
  })
  .meta({ id: 'CreateConnection' })

/**
 * Only what a person may set; status, tokens and profile belong to the workflow. `settings` become
 * defaults of the connection's targets.
 */
export const changeConnectionBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200).nullish(),
    notes: z.string().max(10_000).nullish(),
    is_active: z.boolean().optional(),
    settings: jsonObject.optional(),
    // A quarter of an hour to a week.
    sync_frequency_minutes: z.int().min(15).max(10_080).optional(),
  })
  .meta({ id: 'ChangeConnection' })

/** A connected account as it is answered. Tokens are never part of it, in no form. */
export const connection = z
  .strictObject({
    id: uuid,
    platform,
    status: z.enum(CONNECTION_STATUSES),
    /** The way it was connected by, see `methods` of GET /v1/platforms. */
    method: z.string(),
    refresh_model: z.enum(REFRESH_MODELS),
    /** The tenant's own app whose tokens it has; null for the installation's. */
    platform_app_id: uuid.nullable(),
    platform_account_id: z.string().nullable(),
    account_handle: z.string().nullable(),
    display_name: z.string().nullable(),
    profile_image_url: z.string().nullable(),
    account_kind: z.string().nullable(),
    /** Account at the platform that this one belongs to, if any. */
    parent_account_id: z.string().nullable(),
    /** Platform's id of the person who consented, where that is another than the account. */
    grantor_id: z.string().nullable(),
    service_url: z.string().nullable(),
    name: z.string().nullable(),
    notes: z.string().nullable(),
    settings: jsonObject,
    metadata: jsonObject,
    is_active: z.boolean(),
    is_default: z.boolean(),
    is_authenticated: z.boolean(),
    user_id: uuid,
    scopes: z.array(z.string()),
    /**
     * Scopes the method asks for that the grant did not give; empty when the grant names none.
     */
    missing_scopes: z.array(z.string()),
    token_type: z.string().nullable(),
    expires_at: instant.nullable(),
    refresh_expires_at: instant.nullable(),
    next_refresh_at: instant.nullable(),
    refresh_failures: z.int(),
    /** Last trouble with the access; a successful refresh or reconnect clears it. */
    last_error: z
      .strictObject({ code: z.string(), message: z.string(), at: z.string() })
      .nullable(),
    connected_at: instant.nullable(),
    last_validated_at: instant.nullable(),
    last_used_at: instant.nullable(),
    last_token_refresh_at: instant.nullable(),
    last_sync_at: instant.nullable(),
    sync_frequency_minutes: z.int(),
    post_count: z.int(),
    last_post_status: z.string().nullable(),
    api_calls_used: z.int(),
    api_calls_reset_at: instant.nullable(),
    rate_limit_tier: z.string().nullable(),
    workflow_id: z.string(),
    revision: z.int(),
    allowed_actions: z.array(z.enum(['refresh', 'validate', 'reconnect', 'disconnect', 'delete'])),
    created_by: uuid.nullable(),
    updated_by: uuid.nullable(),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Connection' })
export type ConnectionAnswer = z.output<typeof connection>

/** Newest first; `next_cursor` is null on the last page. */
export const connectionPage = pageOf(connection).meta({ id: 'ConnectionPage' })

/** Filters are joined by AND. */
export const listConnectionsQuery = z.strictObject({
  ...pageQuery,
  platform: platformInput.optional(),
  status: z.enum(CONNECTION_STATUSES).optional(),
  is_active: queryFlag.optional(),
})

/**
 * A place within an account that a post may go to: `id` is the platform's, as target settings take
 * it. `is_default` is what the connection's settings say.
 */
export const destination = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    name: z.string(),
    handle: z.string().nullable(),
    image_url: z.string().nullable(),
    can_post: z.boolean(),
    reason: z.string().nullable().meta({ description: 'Why nothing may be posted there.' }),
    detail: jsonObject,
    is_default: z.boolean(),
    fetched_at: instant,
  })
  .meta({ id: 'Destination' })

/** In the platform's order. */
export const destinationPage = pageOf(destination).meta({ id: 'DestinationPage' })

/** What bounds publishing by one account, as far as it is known; null where it is not. */
export const connectionLimits = z
  .strictObject({
    connection_id: uuid,
    platform,
    api_calls_used: z.int().nullable(),
    api_calls_limit: z.int().nullable(),
    api_calls_remaining: z.int().nullable(),
    api_calls_reset_at: instant.nullable(),
    /** When the platform told of its budget last. */
    api_calls_told_at: instant.nullable(),
    rate_limit_tier: z.string().nullable(),
    rate_limited_until: instant.nullable(),
    text: z
      .strictObject({
        max_text_length: z.int(),
        text_unit: textUnit,
        characters_per_url: z.int().nullable(),
        source: z.string(),
      })
      .nullable(),
    /** What the platform allows of posts in a rolling window; counted before trying. */
    caps: z.array(
      z.strictObject({
        posts: z.int(),
        window_seconds: z.int(),
        used: z.int().meta({ description: 'Posts of this account within the window now.' }),
        source: z.string(),
      }),
    ),
  })
  .meta({ id: 'ConnectionLimits' })
