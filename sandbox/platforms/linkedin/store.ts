import { z } from 'zod'
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
}

export function openLinkedinStore(state: SandboxState): LinkedinStore {
  return {
    state,
    apps: state.tables.open('linkedin.apps', appRow),
    codes: state.tables.open('linkedin.codes', codeRow),
    access: state.tables.open('linkedin.access', tokenRow),
    refresh: state.tables.open('linkedin.refresh', tokenRow),
    organizations: state.tables.open('linkedin.organizations', organizationRow),
    roles: state.tables.open('linkedin.roles', roleRow),
  }
}
