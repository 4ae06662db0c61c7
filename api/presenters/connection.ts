import type { Connection } from '../../db/entities/connection.ts'
import { connectionActions } from '../../domain/connection-state.ts'
import { connectionWorkflowId } from '../../workflows/contract.ts'
import type { ConnectionAnswer } from '../contract/schemas/connections.ts'
import { isoOf } from './instants.ts'

/** Never a token: tokens are in a table that this does not read. */
export function presentConnection(row: Connection): ConnectionAnswer {
  return {
    id: row.id,
    platform: row.platform,
    status: row.status,
    method: row.method,
    refresh_model: row.refreshModel,
    platform_app_id: row.platformAppId ?? null,
    platform_account_id: row.platformAccountId ?? null,
    account_handle: row.accountHandle ?? null,
    display_name: row.displayName ?? null,
    profile_image_url: row.profileImageUrl ?? null,
    account_kind: row.accountKind ?? null,
    parent_account_id: row.parentAccountId ?? null,
    grantor_id: row.grantorId ?? null,
    service_url: row.serviceUrl ?? null,
    name: row.name ?? null,
    notes: row.notes ?? null,
    settings: row.settings,
    metadata: row.metadata,
    is_active: row.isActive,
    is_default: row.isDefault,
    is_authenticated: row.isAuthenticated,
    user_id: row.userId,
    scopes: row.scopes,
    missing_scopes: row.missingScopes,
    token_type: row.tokenType ?? null,
    ...instantsOf(row),
    refresh_failures: row.refreshFailures,
    last_error: lastErrorOf(row),
    sync_frequency_minutes: row.syncFrequencyMinutes,
    post_count: row.postCount,
    last_post_status: row.lastPostStatus ?? null,
    api_calls_used: row.apiCallsUsed,
    rate_limit_tier: row.rateLimitTier ?? null,
    workflow_id: connectionWorkflowId(row.tenantId, row.id),
    revision: row.revision,
    allowed_actions: [...connectionActions(row), 'delete'],
    created_by: row.createdBy ?? null,
    updated_by: row.updatedBy ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

function lastErrorOf({ lastError }: Connection): ConnectionAnswer['last_error'] {
  if (lastError == null) return null
  const { code, message, at } = lastError
  return { code, message, at }
}

function instantsOf(row: Connection) {
  return {
    expires_at: isoOf(row.expiresAt),
    refresh_expires_at: isoOf(row.refreshExpiresAt),
    next_refresh_at: isoOf(row.nextRefreshAt),
    connected_at: isoOf(row.connectedAt),
    last_validated_at: isoOf(row.lastValidatedAt),
    last_used_at: isoOf(row.lastUsedAt),
    last_token_refresh_at: isoOf(row.lastTokenRefreshAt),
    last_sync_at: isoOf(row.lastSyncAt),
    api_calls_reset_at: isoOf(row.apiCallsResetAt),
  }
}
