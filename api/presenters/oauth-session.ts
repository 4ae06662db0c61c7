import type { Connection } from '../../db/entities/connection.ts'
import type { OauthSession } from '../../db/entities/oauth-session.ts'
import type { OauthSessionAnswer } from '../contract/schemas/oauth-sessions.ts'

/** The session with what its accounts have become; no secret is part of either. */
export function presentSession(
  session: OauthSession,
  connections: readonly Connection[],
  nowMs: number,
): OauthSessionAnswer {
  const byAccount = new Map(connections.map((one) => [one.platformAccountId, one.id]))
  return {
    id: session.id,
    platform: session.platform,
    method: session.method,
    status: sessionStatus(session, nowMs),
    error_code: session.errorCode ?? null,
    accounts: session.accounts.map((account) => ({
      ...account,
      connection_id: byAccount.get(account.account_id) ?? null,
    })),
    expires_at: session.expiresAt.toISOString(),
  }
}

/** What is not stored follows from the clock and from what the session still holds. */
export function sessionStatus(
  session: Pick<OauthSession, 'status' | 'expiresAt' | 'grantCiphertext' | 'connectionIds'>,
  nowMs: number,
): OauthSessionAnswer['status'] {
  const { status, expiresAt, grantCiphertext, connectionIds } = session
  const isOver = expiresAt.getTime() <= nowMs
  if (status === 'failed') return 'failed'
  if (status === 'pending') return isOver ? 'expired' : 'pending'
  if (grantCiphertext != null && !isOver) return 'awaiting_choice'
  return connectionIds.length === 0 && isOver ? 'expired' : 'used'
}
