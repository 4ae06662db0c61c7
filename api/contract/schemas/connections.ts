import { z } from 'zod'
import { CONNECTION_STATUSES } from '../../../domain/connection-state.ts'
import {
  instant,
  jsonObject,
  pageOf,
  pageQuery,
  platform,
  platformInput,
  queryFlag,
  uuid,
} from './common.ts'

/**
 * Only bounded here: `parseServiceUrl` judges the address and the HTTP client the host it resolves
 * to.
 */
const instanceUrl = z.string().max(500).meta({ example: 'https://mastodon.social' })

/**
 * Body of POST /v1/connections/authorize. `reconnect_connection_id` renews the consent of a known
 * account; another account is then refused.
 */
export const authorizeBody = z
  .strictObject({
    platform: platformInput,
    instance_url: instanceUrl
      .optional()
      .meta({ description: 'A Mastodon instance or a Bluesky PDS.' }),
    platform_app_id: uuid.optional(),
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
    credentials: z.record(z.string().max(100), z.string().max(5000)).meta({
      description:
        'bluesky: identifier, app_password, service_url?; mastodon: instance_url, access_token.',
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
    platform_account_id: z.string().nullable(),
    account_handle: z.string().nullable(),
    display_name: z.string().nullable(),
    profile_image_url: z.string().nullable(),
    account_kind: z.string().nullable(),
    /** Account at the platform that this one belongs to, if any. */
    parent_account_id: z.string().nullable(),
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
     * Scopes the connector asks for that the grant did not give; empty when the grant names none.
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
 * How far a consent has come. `expired` is not stored: it is a pending session past its instant.
 */
export const oauthSession = z
  .strictObject({
    id: uuid,
    platform,
    status: z.enum(['pending', 'used', 'failed', 'expired']),
    error_code: z.string().nullable(),
    accounts: z.array(
      z.strictObject({
        account_id: z.string(),
        connection_id: uuid,
        account_handle: z.string().nullable(),
        display_name: z.string().nullable(),
      }),
    ),
    expires_at: instant,
  })
  .meta({ id: 'OauthSession' })

/** Ids of accounts at the platform, not of connections. */
export const connectAccountsBody = z
  .strictObject({ account_ids: z.array(z.string().max(500)).min(1).max(100) })
  .meta({ id: 'ConnectAccounts' })

/** In the order in which the accounts were named. */
export const connectedAccounts = z
  .strictObject({ data: z.array(connection) })
  .meta({ id: 'ConnectedAccounts' })
