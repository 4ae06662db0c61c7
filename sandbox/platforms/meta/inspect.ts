import { CANNOT_PARSE_TOKEN } from './errors.ts'
import { grantKey, type MetaApp, type MetaGrant, type MetaStore, type MetaToken } from './store.ts'
import { problemOf } from './tokens.ts'

/** Some reads end 90 days after the last consent, whatever the token says. */
const DATA_ACCESS_MS = 90 * 86_400_000
/** Permissions that the page picker narrows. */
const PAGE_SCOPES = /^(pages_|instagram_|read_insights$)/

/** `data` of /debug_token: https://developers.facebook.com/docs/graph-api/reference/debug_token/ */
export function inspect(
  store: MetaStore,
  app: MetaApp,
  token: string,
  nowMs: number,
): Record<string, unknown> {
  const row = store.tokens.get(token)
  const problem = problemOf(row, nowMs)
  if (row === undefined || row.client_id !== app.client_id) {
    const { code, message } = CANNOT_PARSE_TOKEN
    return { error: { code, message }, is_valid: false, scopes: [] }
  }
  const grant = store.grants.get(grantKey(row))
  return {
    app_id: row.client_id,
    type: row.page_id === null ? 'USER' : 'PAGE',
    application: app.name,
    data_access_expires_at: seconds((grant?.consented_at_ms ?? 0) + DATA_ACCESS_MS),
    ...(problem === undefined
      ? {}
      : {
          error: { code: problem.code, message: problem.message, subcode: problem.subcode },
        }),
    expires_at: row.expires_at_ms === null ? 0 : seconds(row.expires_at_ms),
    is_valid: problem === undefined,
    issued_at: seconds(row.issued_at_ms),
    ...(row.page_id === null ? {} : { profile_id: row.page_id }),
    ...scopesOf(store, row, grant),
    user_id: row.account_id,
  }
}

function scopesOf(store: MetaStore, row: MetaToken, grant: MetaGrant | undefined) {
  const scopes = row.revoked ? [] : (grant?.granted ?? [])
  if (store.platform !== 'facebook') return { scopes }
  const target_ids = grant?.page_ids
  const granular = scopes
    .filter((scope) => PAGE_SCOPES.test(scope))
    .map((scope) => (target_ids == null ? { scope } : { scope, target_ids }))
  return { scopes, granular_scopes: granular }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
