import { z } from 'zod'
import type { Platform } from '../../../domain/platforms.ts'
import type { SandboxState } from '../../core/state.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'

const appRow = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  name: z.string(),
  /** null = any loopback address. */
  redirect_uris: z.array(z.string()).nullable(),
})

const codeRow = z.object({
  client_id: z.string(),
  account_id: z.string(),
  redirect_uri: z.string(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const tokenRow = z.object({
  client_id: z.string(),
  /** The person, for page tokens too. */
  account_id: z.string(),
  page_id: z.string().nullable(),
  is_long_lived: z.boolean(),
  issued_at_ms: z.number(),
  /** null = never. */
  expires_at_ms: z.number().nullable(),
  revoked: z.boolean(),
})

/** Permissions belong to a person and an app, and every token of the two shares them. */
const grantRow = z.object({
  granted: z.array(z.string()),
  declined: z.array(z.string()),
  /** Pages picked in the dialog; null = all, later ones too. */
  page_ids: z.array(z.string()).nullable(),
  consented_at_ms: z.number(),
})

export type MetaApp = z.infer<typeof appRow>
export type MetaCode = z.infer<typeof codeRow>
export type MetaToken = z.infer<typeof tokenRow>
export type MetaGrant = z.infer<typeof grantRow>

/** Rows of one login family (Facebook, Instagram or Threads). */
export interface MetaStore {
  state: SandboxState
  platform: Platform
  apps: Map<string, MetaApp>
  codes: Map<string, MetaCode>
  tokens: Map<string, MetaToken>
  /** By `{client_id} {account_id}`. */
  grants: Map<string, MetaGrant>
}

export function openMetaStore(state: SandboxState, platform: Platform): MetaStore {
  const store: MetaStore = {
    state,
    platform,
    apps: state.tables.open(`${platform}.apps`, appRow),
    codes: state.tables.open(`${platform}.codes`, codeRow),
    tokens: state.tables.open(`${platform}.tokens`, tokenRow),
    grants: state.tables.open(`${platform}.grants`, grantRow),
  }
  addApp(store, {
    ...builtInClient(platform),
    name: 'Sandbox app',
    redirect_uris: null,
  })
  return store
}

/** Another client, whose redirect addresses must match exactly. */
export function registerApp(store: MetaStore, redirectUris: readonly string[]): MetaApp {
  return addApp(store, {
    ...newClient(store, store.platform),
    name: 'Sandbox app',
    redirect_uris: [...redirectUris],
  })
}

export function grantKey(row: { client_id: string; account_id: string }): string {
  return `${row.client_id} ${row.account_id}`
}
