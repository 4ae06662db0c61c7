import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'

const appRow = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  name: z.string(),
  /** The one registered address; null = any loopback address. */
  redirect_uris: z.array(z.string()).length(1).nullable(),
})

const grant = z.object({
  client_id: z.string(),
  account_id: z.string(),
  scopes: z.array(z.string()),
})

const codeRow = grant.extend({
  redirect_uri: z.string(),
  permanent: z.boolean(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const accessRow = grant.extend({
  expires_at_ms: z.number(),
  /** The refresh token it came from, or null for a temporary grant. */
  refresh_token: z.string().nullable(),
})

const refreshRow = grant.extend({ token: z.string(), revoked: z.boolean() })

const postRow = z.object({
  /** Base 36, without `t3_`. */
  id: z.string(),
  account_id: z.string(),
  /** `u_{name}` is a profile. */
  subreddit: z.string(),
  kind: z.enum(['self', 'link', 'image', 'video', 'videogif', 'gallery', 'poll']),
  title: z.string(),
  text: z.string(),
  url: z.string(),
  flair_id: z.string().nullable(),
  flair_text: z.string().nullable(),
  nsfw: z.boolean(),
  spoiler: z.boolean(),
  created_at_ms: z.number(),
  /** Media posts are listed some time after they were taken. */
  state: z.enum(['working', 'up', 'deleted']),
  looks_left: z.number(),
})

const commentRow = z.object({
  /** Base 36, without `t1_`. */
  id: z.string(),
  account_id: z.string(),
  /** Fullname of what it answers. */
  parent: z.string(),
  /** Id of the post it stands under. */
  post: z.string(),
  text: z.string(),
  created_at_ms: z.number(),
  deleted: z.boolean(),
})

const leaseRow = z.object({
  asset_id: z.string(),
  account_id: z.string(),
  /** What the client said it would upload. */
  mime_type: z.string(),
  /** What the upload form must hold, unchanged and before the file. */
  fields: z.record(z.string(), z.string()),
  expires_at_ms: z.number(),
  /** What came, by content; null = nothing yet. */
  file: z.object({ sha256: z.string(), mime_type: z.string(), is_broken: z.boolean() }).nullable(),
})

export type RedditPost = z.infer<typeof postRow>
export type RedditComment = z.infer<typeof commentRow>
export type RedditLease = z.infer<typeof leaseRow>
export type RedditApp = z.infer<typeof appRow>
export type RedditGrant = z.infer<typeof grant>
export type RedditAccess = z.infer<typeof accessRow>
export type RedditRefresh = z.infer<typeof refreshRow>

/** All rows of the stand-in, kept in the state file. Subreddits are fixed: `communities.ts`. */
export interface RedditStore {
  state: SandboxState
  apps: Map<string, RedditApp>
  codes: Map<string, z.infer<typeof codeRow>>
  access: Map<string, RedditAccess>
  refresh: Map<string, RedditRefresh>
  /** In the order they were made. */
  posts: Map<string, RedditPost>
  comments: Map<string, RedditComment>
  /** By the key of the upload. */
  leases: Map<string, RedditLease>
}

export function openRedditStore(state: SandboxState): RedditStore {
  return {
    state,
    apps: state.tables.open('reddit.apps', appRow),
    codes: state.tables.open('reddit.codes', codeRow),
    access: state.tables.open('reddit.access', accessRow),
    refresh: state.tables.open('reddit.refresh', refreshRow),
    posts: state.tables.open('reddit.posts', postRow),
    comments: state.tables.open('reddit.comments', commentRow),
    leases: state.tables.open('reddit.leases', leaseRow),
  }
}
