import { z } from 'zod'
import type { Committed, Draft, Warning } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { mastodonSettings } from './settings.ts'

/** https://docs.joinmastodon.org/entities/Status/ */
export const statusSchema = z.object({
  id: z.string().min(1),
  url: z.string().nullish(),
  uri: z.string().optional(),
  in_reply_to_id: z.string().nullish(),
  media_attachments: z.array(z.object({ id: z.string() })).optional(),
  /** Servers before 4.5 know no quotes. */
  quote: z.unknown().optional(),
})

/** The body of https://docs.joinmastodon.org/methods/statuses/#create for one part. */
export function statusBody(draft: Draft, mediaIds: readonly string[]): Record<string, unknown> {
  const settings = parseSettings(mastodonSettings, draft.settings)
  const { visibility, spoiler_text, sensitive, language } = settings
  const { focus: _focus, in_reply_to_id: _reply, ...opening } = settings
  // A thread keeps the audience and warning of its beginning; a poll or quote is said once.
  const shared = { visibility, spoiler_text, sensitive, language }
  const parentId = parentOf(draft)
  return {
    status: draft.text,
    ...(draft.role === 'post' ? opening : shared),
    ...(mediaIds.length > 0 ? { media_ids: mediaIds } : {}),
    ...(parentId === undefined ? {} : { in_reply_to_id: parentId }),
  }
}

/** The post that a part answers: the part before it, or what settings name. */
export function parentOf(draft: Draft): string | undefined {
  if (draft.parent) return draft.parent.platformPostId
  const asked = draft.settings.in_reply_to_id
  return draft.role === 'post' && typeof asked === 'string' ? asked : undefined
}

export function mastodonPost(status: z.output<typeof statusSchema>, draft?: Draft): Committed {
  const warnings = draft ? warningsOf(status, draft) : []
  return {
    platformPostId: status.id,
    permalink: status.url ?? status.uri ?? null,
    ...(status.uri === undefined ? {} : { metadata: { uri: status.uri } }),
    ...(warnings.length > 0 ? { warnings } : {}),
  }
}

function warningsOf({ quote }: z.output<typeof statusSchema>, draft: Draft): Warning[] {
  if (draft.role !== 'post' || !draft.settings.quoted_status_id || quote) return []
  const message = 'This Mastodon server cannot quote, so the post appears without the quote.'
  return [{ code: 'mastodon_quote_left_out', message }]
}
