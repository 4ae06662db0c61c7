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
}

export function openRedditStore(state: SandboxState): RedditStore {
  return {
    state,
    apps: state.tables.open('reddit.apps', appRow),
    codes: state.tables.open('reddit.codes', codeRow),
    access: state.tables.open('reddit.access', accessRow),
    refresh: state.tables.open('reddit.refresh', refreshRow),
  }
}
