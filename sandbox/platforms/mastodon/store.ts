import { z } from 'zod'
import { latestId, SnowflakeIds } from '../../core/ids.ts'
import type { SandboxState } from '../../core/state.ts'

const appRow = z.object({
  id: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  name: z.string(),
  website: z.string().nullable(),
  redirect_uris: z.array(z.string()),
  scopes: z.array(z.string()),
})

const codeRow = z.object({
  client_id: z.string(),
  account_id: z.string(),
  redirect_uri: z.string(),
  scopes: z.array(z.string()),
  challenge: z.string().nullable(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const tokenRow = z.object({
  token: z.string(),
  client_id: z.string(),
  /** null = a token of the app itself (client_credentials). */
  account_id: z.string().nullable(),
  scopes: z.array(z.string()),
  created_at_ms: z.number(),
  ended: z.enum(['revoked', 'expired']).nullable(),
})

const pollRow = z.object({
  options: z.array(z.string()),
  expires_at_ms: z.number(),
  multiple: z.boolean(),
  hide_totals: z.boolean().default(false),
})

const statusRow = z.object({
  id: z.string(),
  account_id: z.string(),
  client_id: z.string(),
  text: z.string(),
  spoiler_text: z.string(),
  sensitive: z.boolean(),
  visibility: z.enum(['public', 'unlisted', 'private', 'direct']),
  language: z.string().nullable(),
  in_reply_to_id: z.string().nullable(),
  poll: pollRow.nullable(),
  created_at_ms: z.number(),
  quoted_status_id: z.string().nullable().default(null),
  /** Ids of attachments in the order shown. */
  media: z.array(z.string()).default([]),
})

const attachmentRow = z.object({
  id: z.string(),
  account_id: z.string(),
  /** The status that has it. */
  status_id: z.string().nullable(),
  type: z.enum(['image', 'gifv', 'video']),
  sha256: z.string(),
  width: z.number(),
  height: z.number(),
  duration_ms: z.number().nullable(),
  description: z.string().nullable(),
  /** `x,y` */
  focus: z.string().nullable(),
  state: z.enum(['processing', 'ready', 'failed']),
})

const idempotencyRow = z.object({ status_id: z.string(), expires_at_ms: z.number() })

export type MastodonApp = z.infer<typeof appRow>
export type MastodonToken = z.infer<typeof tokenRow>
export type Poll = z.infer<typeof pollRow>
export type Attachment = z.infer<typeof attachmentRow>
export type Status = z.infer<typeof statusRow>

/** All rows of the stand-in; every table but `byAccount` is kept in the state file. */
export interface MastodonStore {
  state: SandboxState
  apps: Map<string, MastodonApp>
  codes: Map<string, z.infer<typeof codeRow>>
  tokens: Map<string, MastodonToken>
  statuses: Map<string, Status>
  /** Statuses by account, oldest first. */
  byAccount: Map<string, Status[]>
  media: Map<string, Attachment>
  /** By `account key`. */
  idempotency: Map<string, z.infer<typeof idempotencyRow>>
  ids: SnowflakeIds
}

export function openMastodonStore(state: SandboxState): MastodonStore {
  const statuses = state.tables.open('mastodon.statuses', statusRow)
  const media = state.tables.open('mastodon.media', attachmentRow)
  const accountIds = state.accounts.list('mastodon').map((account) => account.account_id)
  const last = latestId([...statuses.keys(), ...media.keys(), ...accountIds])
  const store: MastodonStore = {
    state,
    apps: state.tables.open('mastodon.apps', appRow),
    codes: state.tables.open('mastodon.codes', codeRow),
    tokens: state.tables.open('mastodon.tokens', tokenRow),
    statuses,
    byAccount: new Map(),
    media,
    idempotency: state.tables.open('mastodon.idempotency', idempotencyRow),
    ids: new SnowflakeIds({ epochMs: 0, shiftBits: 16, last }),
  }
  for (const status of statuses.values()) indexStatus(store, status)
  return store
}

export function indexStatus(store: MastodonStore, status: Status): void {
  const own = store.byAccount.get(status.account_id)
  if (own === undefined) store.byAccount.set(status.account_id, [status])
  else own.push(status)
}

/** Its files become free again, for a redraft. */
export function removeStatus(store: MastodonStore, status: Status): void {
  store.statuses.delete(status.id)
  for (const one of attachmentsOf(store, status)) one.status_id = null
  const own = store.byAccount.get(status.account_id) ?? []
  store.byAccount.set(
    status.account_id,
    own.filter((one) => one.id !== status.id),
  )
}

/** In the order shown. */
export function attachmentsOf(store: MastodonStore, status: Status): Attachment[] {
  return status.media.flatMap((id) => store.media.get(id) ?? [])
}

/** Nobody follows anybody here, so private is the author’s alone. */
export function isVisible(status: Status, viewer: string | undefined): boolean {
  if (status.visibility === 'public' || status.visibility === 'unlisted') return true
  return status.account_id === viewer
}
