import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import type { PublicJwk } from './jose.ts'

const passwordRow = z.object({ did: z.string(), password: z.string(), revoked: z.boolean() })

const refreshRow = z.object({
  did: z.string(),
  app_password: z.string(),
  expires_at_ms: z.number(),
  /** jti of the successor once it was used; reuse within the grace gives the same one. */
  next_id: z.string().nullable(),
})

const accessRow = z.object({ did: z.string(), expired: z.boolean() })

const clientAuth = z.discriminatedUnion('method', [
  z.object({ method: z.literal('none') }),
  z.object({ method: z.literal('private_key_jwt'), kid: z.string(), jkt: z.string() }),
])

/** A pushed authorization request; `did` and `code` are null until somebody consents. */
const oauthRequestRow = z.object({
  client_id: z.string(),
  auth: clientAuth,
  redirect_uri: z.string(),
  scopes: z.array(z.string()),
  state: z.string().nullable(),
  challenge: z.string(),
  login_hint: z.string().nullable(),
  response_mode: z.enum(['query', 'fragment']),
  /** Thumbprint of the DPoP key, when the client has shown it already. */
  jkt: z.string().nullable(),
  did: z.string().nullable(),
  code: z.string().nullable(),
  expires_at_ms: z.number(),
})

/** What a consent became; `jti` and `refresh_token` are those of the current pair. */
const oauthSessionRow = z.object({
  id: z.string(),
  did: z.string(),
  client_id: z.string(),
  auth: clientAuth,
  jkt: z.string(),
  scopes: z.array(z.string()),
  code: z.string(),
  jti: z.string(),
  refresh_token: z.string().nullable(),
  created_at_ms: z.number(),
  updated_at_ms: z.number(),
  /** Of the access token. */
  expires_at_ms: z.number(),
})

const recordRow = z.object({
  did: z.string(),
  collection: z.string(),
  rkey: z.string(),
  cid: z.string(),
  value: z.record(z.string(), z.unknown()),
})

const blobRow = z.object({
  did: z.string(),
  mime_type: z.string(),
  size: z.number(),
  /** Hex; empty for blobs of before files were kept. */
  sha256: z.string().default(''),
})

/** A video on its way through the video service. */
const videoJobRow = z.object({
  job_id: z.string(),
  did: z.string(),
  sha256: z.string(),
  /** Name on the shelf. */
  file: z.string(),
  bytes: z.number(),
  uploaded_at_ms: z.number(),
  /** What will come of it, or why nothing can. */
  fault: z.string().nullable(),
  state: z.enum(['working', 'completed', 'failed']),
})

const repoRow = z.object({ commit: z.string(), rev: z.string() })

export type RepoRecord = z.infer<typeof recordRow>
export type ClientAuth = z.infer<typeof clientAuth>
export type OauthRequest = z.infer<typeof oauthRequestRow>
export type OauthSession = z.infer<typeof oauthSessionRow>
export type VideoJob = z.infer<typeof videoJobRow>
export type RefreshRow = z.infer<typeof refreshRow>

/** The audience of every token this PDS writes. */
export const SERVICE_DID = 'did:web:sandbox.invalid'

/** An OAuth client as its document describes it. */
export interface OauthClient {
  id: string
  name: string
  scopes: string[]
  redirectUris: string[]
  /** Whether it has the grant `refresh_token`. */
  mayRefresh: boolean
  /** Whether it proves itself by `private_key_jwt`. */
  confidential: boolean
  keys: PublicJwk[]
}

/** All rows of the stand-in; what is not a table of `openBlueskyStore` is lost with the process. */
export interface BlueskyStore {
  state: SandboxState
  /** Signing key of the JWTs, base64url, under the key `jwt`. */
  keys: Map<string, string>
  passwords: Map<string, z.infer<typeof passwordRow>>
  refresh: Map<string, RefreshRow>
  access: Map<string, z.infer<typeof accessRow>>
  oauthRequests: Map<string, OauthRequest>
  oauthSessions: Map<string, OauthSession>
  /** Session ids by every refresh token of the session, spent ones too. */
  oauthRefresh: Map<string, string>
  /** Fetched documents by client id. */
  clients: Map<string, ({ client: OauthClient } | { refusal: Answer }) & { atMs: number }>
  /** What may be used once, with the instant from which it may be used again. */
  replays: Map<string, number>
  records: Map<string, RepoRecord>
  /** Record keys of a collection by `did collection`, in order of acceptance. */
  collections: Map<string, Set<string>>
  /** By `did cid`. */
  blobs: Map<string, z.infer<typeof blobRow>>
  videoJobs: Map<string, VideoJob>
  repos: Map<string, z.infer<typeof repoRow>>
}

export function openBlueskyStore(state: SandboxState): BlueskyStore {
  const store: BlueskyStore = {
    state,
    keys: state.tables.open('bluesky.keys', z.string()),
    passwords: state.tables.open('bluesky.passwords', passwordRow),
    refresh: state.tables.open('bluesky.refresh', refreshRow),
    access: state.tables.open('bluesky.access', accessRow),
    oauthRequests: state.tables.open('bluesky.oauth_requests', oauthRequestRow),
    oauthSessions: state.tables.open('bluesky.oauth_sessions', oauthSessionRow),
    oauthRefresh: state.tables.open('bluesky.oauth_refresh', z.string()),
    clients: new Map(),
    replays: new Map(),
    records: state.tables.open('bluesky.records', recordRow),
    collections: new Map(),
    blobs: state.tables.open('bluesky.blobs', blobRow),
    videoJobs: state.tables.open('bluesky.video_jobs', videoJobRow),
    repos: state.tables.open('bluesky.repos', repoRow),
  }
  if (!store.keys.has('jwt')) store.keys.set('jwt', randomBytes(32).toString('base64url'))
  for (const record of store.records.values()) indexRecord(store, record)
  return store
}

/** https://atproto.com/specs/at-uri-scheme */
export function recordUri(at: { did: string; collection: string; rkey: string }): string {
  return `at://${at.did}/${at.collection}/${at.rkey}`
}

export function indexRecord(store: BlueskyStore, record: RepoRecord): void {
  const key = `${record.did} ${record.collection}`
  const rkeys = store.collections.get(key)
  if (rkeys === undefined) store.collections.set(key, new Set([record.rkey]))
  else rkeys.add(record.rkey)
}
