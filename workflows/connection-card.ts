import type { ConnectionProcess } from './connection-process.ts'

/** One screen for an operator in the Temporal UI. */
export function connectionCard(platform: string, connection: ConnectionProcess): string {
  const { state, refreshAt } = connection
  return [
    `### ${platform} · ${state.status}`,
    `Token version ${state.tokenVersion}, ends ${instant(state.expiresAt)}`,
    `Next refresh: ${instant(refreshAt ?? null)} · failures in a row: ${state.refreshFailures}`,
    '',
    `What to do: ${advice(connection)}`,
  ].join('\n')
}

function advice({ state }: ConnectionProcess): string {
  switch (state.status) {
    case 'expired':
    case 'revoked':
      return 'a person must reconnect the account; scheduled posts wait and resume.'
    case 'error':
      return 'see last_error of the connection; refreshing is tried again by itself.'
    case 'active':
      return state.refreshFailures > 0 ? 'nothing yet, it backs off and retries.' : 'nothing.'
    default:
      return 'nothing.'
  }
}

function instant(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString()
}
