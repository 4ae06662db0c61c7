import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'
import { builtInClient } from '../../oauth/clients.ts'

const appRow = z.object({
  client_key: z.string(),
  client_secret: z.string(),
  name: z.string(),
  /** null = any loopback address. */
  redirect_uris: z.array(z.string()).nullable(),
})

const codeRow = z.object({
  client_key: z.string(),
  account_id: z.string(),
  redirect_uri: z.string(),
  scopes: z.array(z.string()),
  /** null = the request had no PKCE. */
  challenge: z.string().nullable(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const tokenRow = z.object({
  client_key: z.string(),
  account_id: z.string(),
  scopes: z.array(z.string()),
  /** 0 = ended before its time. */
  expires_at_ms: z.number(),
})

const publicationRow = z.object({
  publish_id: z.string(),
  client_key: z.string(),
  account_id: z.string(),
  kind: z.enum(['video', 'photo']),
  /** `inbox`: the person finishes it in the app. */
  mode: z.enum(['direct', 'inbox']),
  source: z.enum(['FILE_UPLOAD', 'PULL_FROM_URL']),
  title: z.string(),
  description: z.string(),
  /** null = a draft in the inbox. */
  privacy_level: z.string().nullable(),
  created_at_ms: z.number(),
  state: z.enum(['receiving', 'working', 'done', 'failed']),
  fail_reason: z.string().nullable(),
  /** How often `status/fetch` still says that it is being worked on. */
  polls_left: z.number(),
  /** Received so far. */
  bytes: z.number(),
  /** Digests of the files in the order shown. */
  media: z.array(z.string()),
  duration_s: z.number(),
  /** An int64; null until the post exists. */
  post_id: z.string().nullable(),
})

const uploadRow = z.object({
  publish_id: z.string(),
  /** Which is a secret: whoever has the address may send the video. */
  token: z.string(),
  account_id: z.string(),
  video_size: z.number(),
  chunk_size: z.number(),
  total_chunk_count: z.number(),
  chunks: z.number(),
  /** Name on the shelf. */
  file: z.string(),
  expires_at_ms: z.number(),
})

export type TiktokPublication = z.infer<typeof publicationRow>
export type TiktokUpload = z.infer<typeof uploadRow>
export type TiktokApp = z.infer<typeof appRow>
export type TiktokCode = z.infer<typeof codeRow>
export type TiktokToken = z.infer<typeof tokenRow>

/** All rows of the stand-in. Ended ones stay, so that a late call is listed under its account. */
export interface TiktokStore {
  state: SandboxState
  apps: Map<string, TiktokApp>
  codes: Map<string, TiktokCode>
  access: Map<string, TiktokToken>
  refresh: Map<string, TiktokToken>
  /** In the order they were begun. */
  publications: Map<string, TiktokPublication>
  uploads: Map<string, TiktokUpload>
}

export function openTiktokStore(state: SandboxState): TiktokStore {
  return {
    state,
    apps: state.tables.open('tiktok.apps', appRow),
    codes: state.tables.open('tiktok.codes', codeRow),
    access: state.tables.open('tiktok.access', tokenRow),
    refresh: state.tables.open('tiktok.refresh', tokenRow),
    publications: state.tables.open('tiktok.publications', publicationRow),
    uploads: state.tables.open('tiktok.uploads', uploadRow),
  }
}

/** An account has another `open_id` for each app; the built-in app's is the account id. */
export function openIdOf(clientKey: string, accountId: string): string {
  return clientKey === builtInClient('tiktok').client_id
    ? accountId
    : `-000${digest(`${clientKey} ${accountId}`)}`
}

/** The same for every app of one developer. */
export function unionIdOf(accountId: string): string {
  return digest(`union ${accountId}`)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32)
}
