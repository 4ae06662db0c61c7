import type { ShelfFile } from '../../core/shelf.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { inspect } from '../../media/inspect.ts'
import { invalidRequest, refusal } from './errors.ts'
import { keepBlob } from './keep-blob.ts'
import { spend } from './limits.ts'
import { authorize } from './sessions.ts'
import type { BlueskyStore } from './store.ts'

/** PDS_BLOB_UPLOAD_LIMIT by default: https://github.com/bluesky-social/pds */
const MAX_BLOB_BYTES = 5 * 1024 * 1024
const DAY_MS = 24 * 3_600_000
const UNKNOWN = 'application/octet-stream'

/** What the bytes of a blob are, found before the handler runs. */
export async function sniffBlob(store: BlueskyStore, req: ApiRequest): Promise<void> {
  if (req.upload === undefined) return
  req.found.set('blob', await inspect(store.state.shelf.pathOf(req.upload.name)))
}

/** POST com.atproto.repo.uploadBlob: the type that the bytes show wins over the one announced. */
export function uploadBlob(store: BlueskyStore, req: ApiRequest): Answer {
  const announced = req.header('content-type')
  const did = authorize(store, req, `blob:${announced ?? '*/*'}`).account_id
  spend({ store, req, key: did, name: 'blob-day', limit: 1000, windowMs: DAY_MS })
  if (announced === undefined) {
    throw invalidRequest('Request encoding (Content-Type) required but not provided')
  }
  const file = takeBody(store, req)
  if (file.bytes === 0) throw invalidRequest('A request body is expected but none was provided')
  if (file.bytes > MAX_BLOB_BYTES) {
    throw refusal(413, 'PayloadTooLarge', 'request entity too large')
  }
  const sniffed = req.found.get('blob')?.mimeType ?? UNKNOWN
  const mimeType = sniffed === UNKNOWN ? announced : sniffed
  return { status: 200, body: { blob: keepBlob(store, { did, file, mimeType }) } }
}

/** Text bodies and other small ones come as bytes, files of media are on the shelf already. */
function takeBody({ state }: BlueskyStore, req: ApiRequest): ShelfFile {
  if (req.upload !== undefined) return state.shelf.finish(req.upload.name)
  const name = state.shelf.create()
  state.shelf.append(name, req.raw)
  return state.shelf.finish(name)
}
