import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'

const passwordRow = z.object({ did: z.string(), password: z.string(), revoked: z.boolean() })

const refreshRow = z.object({
  did: z.string(),
  app_password: z.string(),
  expires_at_ms: z.number(),
  /** jti of the successor once it was used; reuse within the grace gives the same one. */
  next_id: z.string().nullable(),
})

const accessRow = z.object({ did: z.string(), expired: z.boolean() })

const recordRow = z.object({
  did: z.string(),
  collection: z.string(),
  rkey: z.string(),
  cid: z.string(),
  value: z.record(z.string(), z.unknown()),
})

const blobRow = z.object({ did: z.string(), mime_type: z.string(), size: z.number() })
const repoRow = z.object({ commit: z.string(), rev: z.string() })

export type RepoRecord = z.infer<typeof recordRow>
export type RefreshRow = z.infer<typeof refreshRow>

/** All rows of the stand-in; every table but `collections` is kept in the state file. */
export interface BlueskyStore {
  state: SandboxState
  /** Signing key of the JWTs, base64url, under the key `jwt`. */
  keys: Map<string, string>
  passwords: Map<string, z.infer<typeof passwordRow>>
  refresh: Map<string, RefreshRow>
  access: Map<string, z.infer<typeof accessRow>>
  records: Map<string, RepoRecord>
  /** Record keys of a collection by `did collection`, in order of acceptance. */
  collections: Map<string, Set<string>>
  blobs: Map<string, z.infer<typeof blobRow>>
  repos: Map<string, z.infer<typeof repoRow>>
}

export function openBlueskyStore(state: SandboxState): BlueskyStore {
  const store: BlueskyStore = {
    state,
    keys: state.tables.open('bluesky.keys', z.string()),
    passwords: state.tables.open('bluesky.passwords', passwordRow),
    refresh: state.tables.open('bluesky.refresh', refreshRow),
    access: state.tables.open('bluesky.access', accessRow),
    records: state.tables.open('bluesky.records', recordRow),
    collections: new Map(),
    blobs: state.tables.open('bluesky.blobs', blobRow),
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
