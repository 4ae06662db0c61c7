import { type Answer, json } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import { authorize, throttle } from './access.ts'
import { apiError, invalid, refuse } from './errors.ts'
import { MEDIA } from './instance.ts'
import { attachmentType } from './media-rules.ts'
import { presentAttachment } from './present-attachment.ts'
import type { Attachment, MastodonStore } from './store.ts'

const HALF_HOUR_MS = 30 * 60_000
const SCOPES = ['write:media']

export async function inspectFile(store: MastodonStore, req: ApiRequest): Promise<void> {
  const file = req.files.get('file')
  if (file !== undefined) req.found.set('file', await inspect(store.state.shelf.pathOf(file.name)))
}

/**
 * POST /api/v2/media: 200 when it is ready, 202 while it is processed.
 * https://docs.joinmastodon.org/methods/media/#v2
 */
export function uploadMedia(store: MastodonStore, req: ApiRequest): Answer {
  const token = authorize(store, req, SCOPES)
  const route = { name: 'media', key: token.account_id, limit: 30, windowMs: HALF_HOUR_MS }
  throttle(store, req, route)
  const sent = req.files.get('file')
  const info = req.found.get('file')
  if (sent === undefined || info === undefined) throw invalid("File can't be blank")
  const type = attachmentType(info, sent.bytes)
  const description = readDescription(req) ?? null
  const focus = readFocus(req) ?? null
  const { sha256 } = store.state.shelf.finish(sent.name)
  const attachment: Attachment = {
    id: store.ids.next(req.nowMs),
    account_id: token.account_id,
    status_id: null,
    type,
    sha256,
    width: info.width ?? 0,
    height: info.height ?? 0,
    duration_ms: info.durationMs ?? null,
    description,
    focus,
    state: type === 'image' ? 'ready' : 'processing',
  }
  store.media.set(attachment.id, attachment)
  const status = attachment.state === 'ready' ? 200 : 202
  return json(status, presentAttachment(attachment, req.origin))
}

/** GET /api/v1/media/:id : 206 while processing. The first look finds the work done. */
export function showMedia(store: MastodonStore, req: ApiRequest): Answer {
  const attachment = unattached(store, req)
  if (attachment.state === 'processing') {
    if (req.fault === 'refuse') attachment.state = 'failed'
    else if (req.fault !== 'processing') attachment.state = 'ready'
  }
  if (attachment.state === 'failed') {
    return apiError(422, 'Error processing thumbnail for uploaded media')
  }
  const status = attachment.state === 'ready' ? 200 : 206
  return json(status, presentAttachment(attachment, req.origin))
}

/** PUT /api/v1/media/:id : only until a status has it. */
export function updateMedia(store: MastodonStore, req: ApiRequest): Answer {
  const attachment = unattached(store, req)
  attachment.description = readDescription(req) ?? attachment.description
  attachment.focus = readFocus(req) ?? attachment.focus
  return json(200, presentAttachment(attachment, req.origin))
}

/** DELETE /api/v1/media/:id, since 4.4 */
export function deleteMedia(store: MastodonStore, req: ApiRequest): Answer {
  const attachment = ownAttachment(store, req)
  if (attachment.status_id !== null) {
    return apiError(422, 'Media attachment is currently used by a status')
  }
  store.media.delete(attachment.id)
  return json(200, {})
}

/** What a status has already is not found here. */
function unattached(store: MastodonStore, req: ApiRequest): Attachment {
  const attachment = ownAttachment(store, req)
  if (attachment.status_id !== null) throw refuse(404)
  return attachment
}

function ownAttachment(store: MastodonStore, req: ApiRequest): Attachment {
  const token = authorize(store, req, SCOPES)
  const attachment = store.media.get(req.params.id ?? '')
  if (attachment === undefined || attachment.account_id !== token.account_id) throw refuse(404)
  return attachment
}

function readDescription(req: ApiRequest): string | undefined {
  const description = textField(req.body, 'description')
  const limit = MEDIA.description_limit
  if (description === undefined || [...description].length <= limit) return description
  throw invalid(`Description is too long (maximum is ${limit} characters)`)
}

/** Two numbers between -1 and 1. */
function readFocus(req: ApiRequest): string | undefined {
  const focus = textField(req.body, 'focus')
  if (focus === undefined || focus === '') return undefined
  const numbers = focus.split(',').map(Number)
  if (numbers.length === 2 && numbers.every((one) => Math.abs(one) <= 1)) return focus
  throw invalid('Focus is invalid')
}
