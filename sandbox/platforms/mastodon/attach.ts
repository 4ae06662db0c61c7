import { invalid } from './errors.ts'
import { LIMITS } from './instance.ts'
import type { Attachment, MastodonStore } from './store.ts'

/**
 * The files that a status asks for, in the order shown.
 * https://github.com/mastodon/mastodon/blob/main/app/services/post_status_service.rb
 */
export function readAttachments(
  store: MastodonStore,
  form: Record<string, unknown>,
  accountId: string,
): Attachment[] {
  const ids = Array.isArray(form.media_ids) ? form.media_ids.map(String) : []
  if (ids.length === 0) return []
  const { max_media_attachments } = LIMITS.statuses
  // A poll leaves no room for files, and gets this same answer.
  if (ids.length > max_media_attachments || form.poll !== undefined) {
    throw invalid(`Cannot attach more than ${max_media_attachments} files`)
  }
  const found = [...new Set(ids)].map((id) => store.media.get(id))
  const own = found.filter(
    (one) => one !== undefined && one.account_id === accountId && one.status_id === null,
  )
  const media = own.flatMap((one) => one ?? [])
  const missing = ids.filter((id) => !media.some((one) => one.id === id))
  if (missing.length > 0) throw invalid(`Media ${missing.join(', ')} could not be found`)
  if (media.length > 1 && media.some((one) => one.type !== 'image')) {
    throw invalid('Cannot attach a video to a post that already contains images')
  }
  if (media.some((one) => one.state !== 'ready')) {
    throw invalid('Cannot attach files that have not finished processing. Try again in a moment!')
  }
  return media
}
