import { z } from 'zod'
import type { Account } from '../../core/accounts.ts'
import type { SandboxState } from '../../core/state.ts'

const appRow = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  name: z.string(),
  /** The base URL it was registered for; its tokens work on both. */
  platform: z.enum(['youtube', 'google_business']),
  /** null = any loopback address. */
  redirect_uris: z.array(z.string()).nullable(),
})

const codeRow = z.object({
  client_id: z.string(),
  person: z.string(),
  redirect_uri: z.string(),
  scopes: z.array(z.string()),
  /** null = the request had no PKCE. */
  challenge: z.string().nullable(),
  method: z.enum(['S256', 'plain']),
  gives_refresh: z.boolean(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const grantRow = z.object({
  /** Everything the person ever let the client do. */
  scopes: z.array(z.string()),
  /** Whether a consent with offline access happened: later ones give no refresh token. */
  offline: z.boolean(),
})

const accessRow = z.object({
  client_id: z.string(),
  person: z.string(),
  scopes: z.array(z.string()),
  expires_at_ms: z.number(),
})

const refreshRow = accessRow
  .omit({ expires_at_ms: true })
  .extend({ last_used_ms: z.number(), ended: z.boolean() })

export type GoogleApp = z.infer<typeof appRow>
export type GoogleCode = z.infer<typeof codeRow>
export type GoogleGrant = z.infer<typeof grantRow>
export type GoogleAccess = z.infer<typeof accessRow>
export type GoogleRefresh = z.infer<typeof refreshRow>

/** What one Google account server knows, for YouTube and Google Business together. */
export interface GoogleStore {
  state: SandboxState
  apps: Map<string, GoogleApp>
  codes: Map<string, GoogleCode>
  /** By client and person. */
  grants: Map<string, GoogleGrant>
  access: Map<string, GoogleAccess>
  /** In order of issue, so the first live one of a grant is its oldest. */
  refresh: Map<string, GoogleRefresh>
}

const stores = new WeakMap<SandboxState, GoogleStore>()

/** The one store of a sandbox, opened by whichever of the two platforms is made first. */
export function openGoogleStore(state: SandboxState): GoogleStore {
  const opened = stores.get(state)
  if (opened !== undefined) return opened
  const store = {
    state,
    apps: state.tables.open('google.apps', appRow),
    codes: state.tables.open('google.codes', codeRow),
    grants: state.tables.open('google.grants', grantRow),
    access: state.tables.open('google.access', accessRow),
    refresh: state.tables.open('google.refresh', refreshRow),
  }
  stores.set(state, store)
  return store
}

export function grantKey(owner: { client_id: string; person: string }): string {
  return `${owner.client_id} ${owner.person}`
}

/** The same handle on YouTube and Google Business is the same person. */
export function personOf(account: Pick<Account, 'handle'>): string {
  return account.handle.toLowerCase()
}
