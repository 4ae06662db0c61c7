import type { MetaApp, MetaCode, MetaStore } from './store.ts'

/** Why a code buys nothing; each family has its own words for it. */
export type CodeProblem = 'unknown' | 'used' | 'expired' | 'redirect_uri'

/** A code that can be exchanged once. */
export function issueCode(
  store: MetaStore,
  owner: { client_id: string; account_id: string },
  use: { redirectUri: string; lifetimeMs: number; nowMs: number },
): string {
  const code = store.state.secrets.issue(`${store.platform}_code`)
  store.codes.set(code, {
    client_id: owner.client_id,
    account_id: owner.account_id,
    redirect_uri: use.redirectUri,
    expires_at_ms: use.nowMs + use.lifetimeMs,
    used: false,
  })
  return code
}

/** Spends a code. One tried with a wrong redirect_uri may still be used. */
export function redeemCode(
  store: MetaStore,
  app: MetaApp,
  tried: { code: string; redirectUri: string; nowMs: number },
): MetaCode | CodeProblem {
  const row = store.codes.get(tried.code)
  if (row === undefined || row.client_id !== app.client_id) return 'unknown'
  if (row.used) return 'used'
  if (row.expires_at_ms <= tried.nowMs) return 'expired'
  if (row.redirect_uri !== tried.redirectUri) return 'redirect_uri'
  row.used = true
  return row
}
