import { accessEndsAt } from '../domain/connection-deadlines.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import type { ConnectionProcess } from './connection-process.ts'

/** One screen for an operator in the Temporal UI. */
export function connectionCard(platform: string, connection: ConnectionProcess): string {
  const { state, refreshAt } = connection
  return [
    `### ${platform} · ${state.status}`,
    `Token version ${state.tokenVersion}, ends ${instant(state.expiresAt)}`,
    `Next refresh: ${instant(refreshAt ?? null)} · failures in a row: ${state.refreshFailures}`,
    `Seen to work: ${instant(state.validatedAt ?? null)} · reconnect by: ${instant(endOf(state))}`,
    '',
    `What to do: ${advice(connection)}`,
  ].join('\n')
}

/** Runs that began before this was known have no end to show. */
function endOf(state: ConnectionState): number | null {
  return state.validatedAt === undefined ? null : accessEndsAt(state)
}

function advice({ state }: ConnectionProcess): string {
  switch (state.status) {
    case 'expired':
    case 'revoked':
      return 'a person must reconnect the account; scheduled posts wait and resume.'
    case 'error':
      return 'see last_error of the connection; refreshing is tried again by itself.'
    case 'active':
      if (state.refreshFailures > 0) return 'nothing yet, it backs off and retries.'
      return (state.warnedDays ?? null) === null
        ? 'nothing.'
        : 'ask the person to reconnect in time.'
    default:
      return 'nothing.'
  }
}

function instant(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString()
}
