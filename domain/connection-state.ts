/** States of a connection (design §4). Transient trouble is not a state: it is
 * `refresh_failures` and `next_refresh_at` on an active connection. */
export const CONNECTION_STATUSES = [
  'pending',
  'active',
  'expired',
  'revoked',
  'error',
  'disconnected',
] as const
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number]

/** Reconnecting leads back to `active` from everywhere, and keeps the id. */
export const CONNECTION_TRANSITIONS: Readonly<
  Record<ConnectionStatus, readonly ConnectionStatus[]>
> = {
  pending: ['active', 'error', 'disconnected'],
  active: ['expired', 'revoked', 'error', 'disconnected'],
  expired: ['active', 'revoked', 'disconnected'],
  revoked: ['active', 'disconnected'],
  error: ['active', 'expired', 'revoked', 'disconnected'],
  disconnected: ['active'],
}

export const REFRESH_MODELS = ['rotating', 'reusable', 'extension', 'none'] as const
export type RefreshModel = (typeof REFRESH_MODELS)[number]

/** What the connection workflow knows: instants in epoch ms, counters and codes; never a token. */
export interface ConnectionState {
  status: ConnectionStatus
  refreshModel: RefreshModel
  tokenVersion: number
  issuedAt: number | null
  expiresAt: number | null
  /** When the refresh token itself ends, where it does. */
  refreshExpiresAt: number | null
  refreshFailures: number
  nextRefreshAt: number | null
  /** Last proof that the account works: a validation, a refresh or a publish. */
  validatedAt: number | null
  validationFailedAt: number | null
  /** Days before the end at which a person was warned last. */
  warnedDays: number | null
  /** Null where the platform has nothing to sync. */
  syncEveryMs: number | null
  syncedAt: number | null
}

export type ConnectionAction = 'refresh' | 'validate' | 'reconnect' | 'disconnect'

/** What a person may do now. */
export function connectionActions(state: {
  status: ConnectionStatus
  refreshModel: RefreshModel
}): ConnectionAction[] {
  switch (state.status) {
    case 'active':
      return state.refreshModel === 'none'
        ? ['validate', 'reconnect', 'disconnect']
        : ['refresh', 'validate', 'reconnect', 'disconnect']
    case 'error':
    case 'expired':
    case 'revoked':
    case 'pending':
      return ['reconnect', 'disconnect']
    case 'disconnected':
      return ['reconnect']
  }
}
