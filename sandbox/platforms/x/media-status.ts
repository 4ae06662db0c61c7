import { z } from 'zod'
import type { Answer } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { problem } from './errors.ts'
import { authorizeMedia, bad, data, NOT_FOUND, ownMedia, view } from './media-store.ts'
import { assertKnown } from './query.ts'
import type { XStore } from './store.ts'
import { append, assemble, finalize, initialize } from './upload-chunks.ts'
import { inspectOnce, uploadOnce } from './upload-once.ts'

/** https://docs.x.com/x-api/media/create-media-metadata */
const MAX_ALT_TEXT = 1000
const metadataBody = z.strictObject({
  id: z.string(),
  metadata: z.strictObject({
    alt_text: z.strictObject({ text: z.string().max(MAX_ALT_TEXT) }).optional(),
  }),
})

/** GET /2/media/upload?command=STATUS : for what is processed; images are ready at once. */
export function showStatus(store: XStore, req: ApiRequest): Answer {
  const owner = authorizeMedia(store, req, { name: 'GET media/upload', limit: 1000 })
  assertKnown(req.query, ['command', 'media_id'])
  const command = req.query.get('command') ?? 'STATUS'
  if (command !== 'STATUS') throw bad(`$.command: ${command} is not STATUS`)
  const id = req.query.get('media_id') ?? ''
  const media = ownMedia(store, { id, owner, nowMs: req.nowMs })
  if (media.state === 'ready' || media.state === 'uploading') throw bad(NOT_FOUND)
  if (media.state === 'pending' || media.state === 'in_progress') {
    if (req.fault === 'refuse') media.fault = 'Unsupported video format'
    if (req.fault === 'processing') media.state = 'in_progress'
    else media.state = media.fault === null ? 'succeeded' : 'failed'
  }
  return data(view(media, req.nowMs))
}

/** POST /2/media/metadata */
export function setMetadata(store: XStore, req: ApiRequest): Answer {
  const owner = authorizeMedia(store, req, { name: 'POST media/metadata', limit: 500 })
  const parsed = metadataBody.safeParse(req.body.kind === 'json' ? req.body.value : undefined)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw bad(`$.${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { id, metadata } = parsed.data
  const media = ownMedia(store, { id, owner, nowMs: req.nowMs })
  media.alt_text = metadata.alt_text?.text ?? null
  return data({ id, associated_metadata: metadata })
}

/** POST /2/media/upload: the whole file, or a command of the older form. */
export function uploadByCommand(store: XStore, req: ApiRequest): Answer {
  const id = textField(req.body, 'media_id') ?? ''
  switch (textField(req.body, 'command')) {
    case undefined:
      return uploadOnce(store, req)
    case 'INIT':
      return initialize(store, req)
    case 'APPEND':
      append(store, req, id)
      return { status: 204 }
    case 'FINALIZE':
      return finalize(store, req, id)
    default:
      return problem(400)
  }
}

export async function beforeCommand(store: XStore, req: ApiRequest): Promise<void> {
  const command = textField(req.body, 'command')
  if (command === undefined) return inspectOnce(store, req)
  if (command === 'FINALIZE') await assemble(store, req, textField(req.body, 'media_id'))
}
