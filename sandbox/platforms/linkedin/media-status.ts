import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorizeRead, authorizeWrite, authorOf, pathUrn } from './authors.ts'
import { apiError } from './errors.ts'
import type { LinkedinMedia, LinkedinStore } from './store.ts'

/**
 * GET /rest/{images|documents|videos}/{urn}: members may ask after videos only. The first look finds
 * the work done.
 */
export function showMedia(kind: LinkedinMedia['kind']) {
  return (store: LinkedinStore, req: ApiRequest): Answer => {
    const assertReadable = authorizeStatus(store, req, kind)
    const media = store.media.get(pathUrn(req))
    if (media?.kind !== kind) {
      throw new Refusal(apiError(404, { message: 'Could not find entity' }))
    }
    assertReadable(media.owner)
    advance(media, req.fault)
    return json(200, present(media))
  }
}

function authorizeStatus(store: LinkedinStore, req: ApiRequest, kind: LinkedinMedia['kind']) {
  if (kind !== 'video') return authorizeRead(store, req, `${kind}s.GET`)
  const token = authorizeWrite(store, req, 'videos.GET')
  return (owner: string): void => {
    authorOf(store, token, owner)
  }
}

function advance(media: LinkedinMedia, fault: ApiRequest['fault']): void {
  if (media.status !== 'PROCESSING' || fault === 'processing') return
  if (fault === 'refuse') media.fault = 'The file could not be transcoded'
  media.status = media.fault === null ? 'AVAILABLE' : 'PROCESSING_FAILED'
}

function present({ urn, owner, status, fault, kind, duration_ms }: LinkedinMedia): unknown {
  const failed = status === 'PROCESSING_FAILED' ? { processingFailureReason: fault } : {}
  const length = kind === 'video' ? { duration: duration_ms } : {}
  return { id: urn, owner, status, ...failed, ...length }
}
