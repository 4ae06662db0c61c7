import { z } from 'zod'
import { latestId, SnowflakeIds } from '../../core/ids.ts'
import type { SandboxState } from '../../core/state.ts'

const appRow = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  name: z.string(),
  /** null = any loopback address. */
  redirect_uris: z.array(z.string()).nullable(),
  /** Community Management API: organization scopes and refresh tokens. */
  approved: z.boolean(),
})

const codeRow = z.object({
  client_id: z.string(),
  account_id: z.string(),
  redirect_uri: z.string(),
  scopes: z.array(z.string()),
  authorized_at_ms: z.number(),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const tokenRow = z.object({
  client_id: z.string(),
  account_id: z.string(),
  scopes: z.array(z.string()),
  authorized_at_ms: z.number(),
  created_at_ms: z.number(),
  expires_at_ms: z.number(),
  revoked: z.boolean(),
})

const organizationRow = z.object({ id: z.string(), name: z.string(), vanity_name: z.string() })

const roleRow = z.object({
  account_id: z.string(),
  organization: z.string(),
  role: z.enum(['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR', 'DIRECT_SPONSORED_CONTENT_POSTER']),
  state: z.enum(['APPROVED', 'REQUESTED']),
})

const postRow = z.object({
  urn: z.string(),
  /** URN of the member or organization. */
  author: z.string(),
  /** Little text, as far as it was kept. */
  commentary: z.string(),
  /** The rest of the body it was made with. */
  settings: z.record(z.string(), z.unknown()),
  /** Equal for posts that are duplicates of each other. */
  fingerprint: z.string(),
  created_at_ms: z.number(),
  /** A deleted post stays, because it goes on blocking its duplicates. */
  deleted: z.boolean(),
})

const mediaRow = z.object({
  urn: z.string(),
  kind: z.enum(['image', 'document', 'video']),
  owner: z.string(),
  account_id: z.string(),
  /** Of a video, in their order; `file` is a name on the shelf. */
  parts: z.array(
    z.object({ bytes: z.number(), file: z.string().nullable(), etag: z.string().nullable() }),
  ),
  file: z.string().nullable(),
  sha256: z.string(),
  status: z.enum(['WAITING_UPLOAD', 'PROCESSING', 'AVAILABLE', 'PROCESSING_FAILED']),
  /** Why processing fails. */
  fault: z.string().nullable(),
  duration_ms: z.number(),
  /** Of the upload addresses. */
  expires_at_ms: z.number(),
})

/** What an upload address is for. */
const uploadRow = z.object({
  urn: z.string(),
  part: z.union([z.number(), z.enum(['whole', 'thumbnail', 'captions'])]),
})

const commentRow = z.object({
  id: z.string(),
  urn: z.string(),
  post_urn: z.string(),
  actor: z.string(),
  text: z.string(),
  created_at_ms: z.number(),
})

export type LinkedinPost = z.infer<typeof postRow>
export type LinkedinMedia = z.infer<typeof mediaRow>
export type LinkedinComment = z.infer<typeof commentRow>
export type LinkedinApp = z.infer<typeof appRow>
export type LinkedinToken = z.infer<typeof tokenRow>
export type Organization = z.infer<typeof organizationRow>
export type OrganizationRole = z.infer<typeof roleRow>

/** All rows of the stand-in. Ended tokens stay: the API says of each why it ended. */
export interface LinkedinStore {
  state: SandboxState
  apps: Map<string, LinkedinApp>
  codes: Map<string, z.infer<typeof codeRow>>
  access: Map<string, LinkedinToken>
  refresh: Map<string, LinkedinToken>
  organizations: Map<string, Organization>
  roles: Map<string, OrganizationRole>
  posts: Map<string, LinkedinPost>
  media: Map<string, LinkedinMedia>
  /** By the secret of the address. */
  uploads: Map<string, z.infer<typeof uploadRow>>
  comments: Map<string, LinkedinComment>
  ids: SnowflakeIds
}

export function openLinkedinStore(state: SandboxState): LinkedinStore {
  const posts = state.tables.open('linkedin.posts', postRow)
  const comments = state.tables.open('linkedin.comments', commentRow)
  const used = [...posts.keys()].map((urn) => urn.split(':').at(-1) ?? '')
  const last = latestId([...used, ...comments.keys()])
  return {
    state,
    apps: state.tables.open('linkedin.apps', appRow),
    codes: state.tables.open('linkedin.codes', codeRow),
    access: state.tables.open('linkedin.access', tokenRow),
    refresh: state.tables.open('linkedin.refresh', tokenRow),
    organizations: state.tables.open('linkedin.organizations', organizationRow),
    roles: state.tables.open('linkedin.roles', roleRow),
    posts,
    media: state.tables.open('linkedin.media', mediaRow),
    uploads: state.tables.open('linkedin.uploads', uploadRow),
    comments,
    // The upper bits of LinkedIn's ids are milliseconds of the Unix epoch.
    ids: new SnowflakeIds({ epochMs: 0, shiftBits: 22, last }),
  }
}
