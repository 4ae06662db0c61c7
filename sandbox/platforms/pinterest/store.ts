import { z } from 'zod'
import type { SandboxState } from '../../core/state.ts'

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
  scopes: z.array(z.string()),
  expires_at_ms: z.number(),
  used: z.boolean(),
})

const tokenRow = z.object({
  client_id: z.string(),
  account_id: z.string(),
  scopes: z.array(z.string()),
  expires_at_ms: z.number(),
})

const refreshRow = tokenRow.extend({ used: z.boolean() })

const privacy = z.enum(['PUBLIC', 'PROTECTED', 'SECRET'])

const boardRow = z.object({
  id: z.string(),
  owner_id: z.string(),
  name: z.string(),
  description: z.string(),
  privacy,
  sections: z.array(z.object({ id: z.string(), name: z.string() })),
  created_at_ms: z.number(),
})

const mediaRow = z.object({
  id: z.string(),
  owner_id: z.string(),
  status: z.enum(['registered', 'processing', 'succeeded', 'failed']),
  /** Fields that the upload has to bring; signatures among them. */
  upload_parameters: z.record(z.string(), z.string()),
  sha256: z.string().nullable(),
  /** What processing will find. */
  is_sound: z.boolean(),
  /** Polls that still say processing. */
  polls_left: z.number(),
  /** The pin that uses it. */
  pin_id: z.string().nullable(),
})

const pinRow = z.object({
  id: z.string(),
  owner_id: z.string(),
  board_id: z.string(),
  board_section_id: z.string().nullable(),
  title: z.string().nullable(),
  /** As the author asked for it. */
  description: z.string().nullable(),
  link: z.string().nullable(),
  alt_text: z.string().nullable(),
  dominant_color: z.string().nullable(),
  media_type: z.enum(['image', 'multiple_images', 'video']),
  /** Hex SHA-256 of each file, in the order shown. */
  files: z.array(z.string()),
  created_at_ms: z.number(),
})

export type PinterestMedia = z.infer<typeof mediaRow>
export type Pin = z.infer<typeof pinRow>
export type PinterestApp = z.infer<typeof appRow>
export type PinterestToken = z.infer<typeof tokenRow>
export type PinterestRefresh = z.infer<typeof refreshRow>
export type Board = z.infer<typeof boardRow>

/** All rows of the stand-in, kept in the state file. */
export interface PinterestStore {
  state: SandboxState
  apps: Map<string, PinterestApp>
  codes: Map<string, z.infer<typeof codeRow>>
  access: Map<string, PinterestToken>
  refresh: Map<string, PinterestRefresh>
  boards: Map<string, Board>
  media: Map<string, PinterestMedia>
  /** In order of creation; deleted ones are gone. */
  pins: Map<string, Pin>
}

export function openPinterestStore(state: SandboxState): PinterestStore {
  return {
    state,
    apps: state.tables.open('pinterest.apps', appRow),
    codes: state.tables.open('pinterest.codes', codeRow),
    access: state.tables.open('pinterest.access', tokenRow),
    refresh: state.tables.open('pinterest.refresh', refreshRow),
    boards: state.tables.open('pinterest.boards', boardRow),
    media: state.tables.open('pinterest.media', mediaRow),
    pins: state.tables.open('pinterest.pins', pinRow),
  }
}

/** Ids of Pinterest are 18 digits. */
export function newId(): string {
  const digits = crypto.getRandomValues(new Uint32Array(2)).join('')
  return `8${digits.padEnd(17, '7').slice(0, 17)}`
}
