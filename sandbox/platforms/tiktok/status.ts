import type { Answer } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { accountOf, creatorOf } from './creator.ts'
import { badParam, ok, refused } from './errors.ts'
import { spend } from './limits.ts'
import { advance } from './publications.ts'
import type { TiktokPublication, TiktokStore } from './store.ts'
import { authorizeFor } from './tokens.ts'

/**
 * POST /v2/post/publish/status/fetch/:
 * https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
 */
export function fetchStatus(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorizeFor(store, req, 'video.publish', 'video.upload')
  spend(store, req, grant, 'status/fetch')
  const id = textField(req.body, 'publish_id') ?? ''
  if (id === '') throw badParam(req, 'publish_id is required')
  const publication = store.publications.get(id)
  if (publication === undefined) throw refused(req, 400, 'invalid_publish_id')
  const { account_id, client_key } = publication
  if (account_id !== grant.account_id || client_key !== grant.client_key) {
    throw refused(req, 400, 'token_not_authorized_for_specified_publish_id')
  }
  advance(store, req, publication)
  return withIds(ok(req, dataOf(publication)), publicIds(store, req, publication))
}

function dataOf(publication: TiktokPublication): Record<string, unknown> {
  const { source, bytes, fail_reason } = publication
  const isFile = source === 'FILE_UPLOAD'
  return {
    status: statusOf(publication),
    ...(fail_reason === null ? {} : { fail_reason }),
    ...(isFile ? { uploaded_bytes: bytes } : { downloaded_bytes: bytes }),
  }
}

function statusOf({ state, mode, source }: TiktokPublication): string {
  if (state === 'failed') return 'FAILED'
  if (state === 'done') return mode === 'inbox' ? 'SEND_TO_USER_INBOX' : 'PUBLISH_COMPLETE'
  return source === 'FILE_UPLOAD' ? 'PROCESSING_UPLOAD' : 'PROCESSING_DOWNLOAD'
}

/** Only what everybody can see has an id here. */
function publicIds(
  store: TiktokStore,
  req: ApiRequest,
  { state, privacy_level, post_id, account_id }: TiktokPublication,
): string[] {
  if (state !== 'done' || post_id === null || privacy_level !== 'PUBLIC_TO_EVERYONE') return []
  return creatorOf(accountOf(store, req, account_id)).isPrivate ? [] : [post_id]
}

/** The ids are int64 numbers, which JSON.stringify cannot write; the spelling is TikTok's. */
function withIds(answer: Answer, ids: readonly string[]): Answer {
  const text = JSON.stringify(answer.body)
  const list = `"publicaly_available_post_id":[${ids.join(',')}]`
  return { ...answer, body: text.replace('"data":{', `"data":{${list},`) }
}
