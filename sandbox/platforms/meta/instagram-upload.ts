import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import type { ContainerStore } from './containers.ts'
import { assertMay, containerOf, type InstagramCall, noNode } from './instagram-call.ts'
import { PROBLEMS, rulesOf } from './instagram-container.ts'
import { videoFault } from './media-check.ts'
import { isComplete, takeUpload } from './rupload.ts'

/** POST /ig-api-upload/{version}/{container} */
export function uploadVideo(call: InstagramCall): Answer {
  const id = call.req.params.id ?? ''
  const container = containerOf(call, id)
  if (container?.upload == null) throw noNode(call, id)
  assertMay(call, 'publish')
  return takeUpload(call.store.state.shelf, call.req, container.upload)
}

/** A poll looks into a file whose last byte is there. */
export async function inspectUpload(store: ContainerStore, req: ApiRequest): Promise<void> {
  const container = store.containers.get(req.params.id ?? '')
  const { shelf } = store.state
  if (container?.upload == null || !isComplete(shelf, container.upload)) return
  req.found.set('video', await inspect(shelf.pathOf(container.upload.file)))
}

/** Takes over what the poll found; an upload that is not whole stays in progress. */
export function settleUpload(call: InstagramCall): void {
  const container = containerOf(call, call.req.params.id ?? '')
  const info = call.req.found.get('video')
  if (container?.upload == null || container.media.length > 0) return
  if (info === undefined) {
    container.polls_left = Math.max(container.polls_left, 2)
    return
  }
  const file = call.store.state.shelf.finish(container.upload.file)
  const fault = videoFault(file, info, rulesOf(container.kind))
  container.media = [file.sha256]
  container.problem = fault === null ? null : PROBLEMS[fault]
  container.polls_left = 0
}
