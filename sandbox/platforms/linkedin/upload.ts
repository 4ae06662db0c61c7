import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Answer, Refusal } from '../../http/answer.ts'
import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import { bearerToken } from '../../oauth/basic.ts'
import { authorizeWrite, authorOf } from './authors.ts'
import { apiError, invalidToken } from './errors.ts'
import { fileFault } from './media-rules.ts'
import { badRequest } from './post-body.ts'
import type { LinkedinMedia, LinkedinStore } from './store.ts'

const finalizeBody = z.strictObject({
  finalizeUploadRequest: z.strictObject({
    video: z.string(),
    uploadToken: z.string(),
    uploadedPartIds: z.array(z.string()),
  }),
})

/** Looks into a whole file that is being sent; parts are looked into when they are put together. */
export async function inspectUpload(store: LinkedinStore, req: ApiRequest): Promise<void> {
  const upload = store.uploads.get(req.params.key ?? '')
  if (upload?.part !== 'whole') return
  const name = takeBody(store, req)
  req.found.set(name, await inspect(store.state.shelf.pathOf(name)))
}

/** PUT {uploadUrl}: 201 for a whole file, 200 with an ETag for a part of a video. */
export function putBytes(store: LinkedinStore, req: ApiRequest): Answer {
  const upload = store.uploads.get(req.params.key ?? '')
  const media = store.media.get(upload?.urn ?? '')
  if (upload === undefined || media === undefined) throw refusal(404, 'No such upload')
  if (media.expires_at_ms <= req.nowMs) throw refusal(403, 'The upload URL has expired')
  if (media.status !== 'WAITING_UPLOAD') throw refusal(400, 'The upload is complete already')
  if (upload.part === 'whole') return putWhole(store, req, media)
  if (typeof upload.part === 'string') return { status: 201 }
  return putPart(store, req, media, upload.part)
}

function putWhole(store: LinkedinStore, req: ApiRequest, media: LinkedinMedia): Answer {
  const isKnown = store.access.has(bearerToken(req.header('authorization')) ?? '')
  // The documentation sends the token with images; with documents it is not needed.
  if (media.kind === 'image' && !isKnown) throw new Refusal(invalidToken())
  const [found] = req.found
  if (found === undefined) throw refusal(400, 'The body is empty')
  const [name, info] = found
  keep(store, media, name, fileFault(media.kind, info, store.state.shelf.size(name)))
  return { status: 201 }
}

function putPart(
  store: LinkedinStore,
  req: ApiRequest,
  media: LinkedinMedia,
  index: number,
): Answer {
  const part = media.parts[index]
  if (part === undefined) throw refusal(404, 'No such upload')
  const name = takeBody(store, req)
  const { shelf } = store.state
  if (shelf.size(name) !== part.bytes) {
    shelf.discard(name)
    throw refusal(400, `The part must have ${part.bytes} bytes`)
  }
  if (part.file !== null) shelf.discard(part.file)
  part.file = name
  part.etag = `/ambry-video/signedId/${randomUUID()}`
  return { status: 200, headers: { etag: part.etag } }
}

/** Bodies of a media type are on the shelf already. */
function takeBody({ state }: LinkedinStore, req: ApiRequest): string {
  if (req.upload !== undefined) return req.upload.name
  const name = state.shelf.create()
  state.shelf.append(name, req.raw)
  return name
}

function keep(
  store: LinkedinStore,
  media: LinkedinMedia,
  name: string,
  fault: string | undefined,
): void {
  media.file = name
  media.sha256 = store.state.shelf.finish(name).sha256
  media.fault = fault ?? null
  media.status = 'PROCESSING'
}

/** Puts the parts of a video together beside the upload and looks into the result. */
export async function assembleVideo(store: LinkedinStore, req: ApiRequest): Promise<void> {
  const asked = fields(req.body).finalizeUploadRequest
  const media = store.media.get(isRecord(asked) ? String(asked.video) : '')
  const names = media?.parts.flatMap((part) => part.file ?? []) ?? []
  const isWhole = names.length > 0 && names.length === media?.parts.length
  if (!isWhole || media.status !== 'WAITING_UPLOAD') return
  const { shelf } = store.state
  const whole = shelf.create()
  for (const name of names) shelf.copy(whole, name)
  req.found.set(whole, await inspect(shelf.pathOf(whole)))
}

/** POST /rest/videos?action=finalizeUpload: the ETags of all parts in their order. */
export function finalizeUpload(store: LinkedinStore, req: ApiRequest): Answer {
  const token = authorizeWrite(store, req, 'videos.ACTION-finalizeUpload')
  const parsed = finalizeBody.safeParse(req.body.kind === 'json' ? req.body.value : undefined)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badRequest('MISSING_FIELD', `/${issue?.path.join('/')} :: ${issue?.message}`)
  }
  const { video, uploadedPartIds, uploadToken } = parsed.data.finalizeUploadRequest
  const media = store.media.get(video)
  if (media === undefined) throw refusal(404, `Could not find entity ${video}`)
  authorOf(store, token, media.owner)
  const etags = media.parts.map((part) => part.etag)
  const isSame = etags.length === uploadedPartIds.length
  if (!isSame || etags.some((etag, at) => etag !== uploadedPartIds[at]) || uploadToken !== '') {
    throw badRequest('ILLEGAL_ARGUMENT', 'uploadedPartIds are not those of all parts in order')
  }
  const [found] = req.found
  // Asked again, it is done already.
  if (found === undefined) return { status: 200 }
  const [name, info] = found
  keep(store, media, name, fileFault('video', info, store.state.shelf.size(name)))
  media.duration_ms = info.durationMs ?? 0
  for (const part of media.parts) if (part.file !== null) store.state.shelf.discard(part.file)
  return { status: 200 }
}

function refusal(status: number, message: string): Refusal {
  return new Refusal(apiError(status, { message }))
}
