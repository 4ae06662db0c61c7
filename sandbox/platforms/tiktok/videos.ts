import { type Answer, Refusal } from '../../http/answer.ts'
import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { accountOf } from './creator.ts'
import { apiError, ok } from './errors.ts'
import { spend } from './limits.ts'
import { advance } from './publications.ts'
import type { TiktokPublication, TiktokStore } from './store.ts'
import { authorizeFor } from './tokens.ts'

/** https://developers.tiktok.com/doc/tiktok-api-v2-video-object */
const FIELDS = new Set(
  `id create_time cover_image_url share_url video_description duration height width title
  embed_html embed_link like_count comment_count share_count view_count`.split(/\s+/),
)
const DEFAULT_COUNT = 10
const MAX_COUNT = 20

/** POST /v2/video/list/: public posts, newest first. */
export function listVideos(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorizeFor(store, req, 'video.list')
  spend(store, req, grant, 'video/list')
  const names = fieldsOf(req)
  const { cursor, max_count = DEFAULT_COUNT } = fields(req.body)
  if (!isCount(max_count, MAX_COUNT)) throw badParams(req, 'max_count must be 1 to 20')
  const before = typeof cursor === 'number' ? cursor : Number.POSITIVE_INFINITY
  const older = publicPosts(store, req, grant.account_id).filter(
    (one) => one.created_at_ms < before,
  )
  const page = older.slice(0, max_count)
  return ok(req, {
    videos: page.map((one) => videoOf(store, req, one, names)),
    cursor: page.at(-1)?.created_at_ms ?? 0,
    has_more: older.length > page.length,
  })
}

/** POST /v2/video/query/: unknown ids and those of others are left out. */
export function queryVideos(store: TiktokStore, req: ApiRequest): Answer {
  const grant = authorizeFor(store, req, 'video.list')
  spend(store, req, grant, 'video/query')
  const names = fieldsOf(req)
  const filters = fields(req.body).filters
  const ids = isRecord(filters) ? filters.video_ids : undefined
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_COUNT) {
    throw badParams(req, 'video_ids must be 1 to 20 ids')
  }
  const found = publicPosts(store, req, grant.account_id).filter((one) => ids.includes(one.post_id))
  return ok(req, { videos: found.map((one) => videoOf(store, req, one, names)) })
}

function fieldsOf(req: ApiRequest): string[] {
  const names = (req.query.get('fields') ?? '').split(',').filter((one) => one !== '')
  if (names.length === 0) throw badParams(req, 'fields is required')
  const unknown = names.find((name) => !FIELDS.has(name))
  if (unknown !== undefined) throw badParams(req, `Invalid fields: ${unknown}`)
  return names
}

/** A look here ends the work as well: not everybody asks for the status. */
function publicPosts(store: TiktokStore, req: ApiRequest, accountId: string): TiktokPublication[] {
  const own = [...store.publications.values()].filter((one) => one.account_id === accountId)
  for (const one of own) advance(store, req, one)
  return own
    .filter((one) => one.state === 'done' && one.privacy_level === 'PUBLIC_TO_EVERYONE')
    .reverse()
}

function videoOf(
  store: TiktokStore,
  req: ApiRequest,
  post: TiktokPublication,
  names: readonly string[],
): Record<string, unknown> {
  const { handle } = accountOf(store, req, post.account_id)
  const word = post.kind === 'photo' ? 'photo' : 'video'
  const share_url = `${req.origin}${req.mount}/@${handle}/${word}/${post.post_id}`
  const video: Record<string, unknown> = {
    id: post.post_id,
    create_time: Math.floor(post.created_at_ms / 1000),
    cover_image_url: `https://p16-sign-va.tiktokcdn.com/obj/${post.post_id}`,
    share_url,
    video_description: post.description || post.title,
    duration: post.duration_s,
    height: 1920,
    width: 1080,
    title: post.title || post.description,
    embed_html: '',
    embed_link: share_url,
    like_count: 0,
    comment_count: 0,
    share_count: 0,
    view_count: 0,
  }
  return Object.fromEntries(names.map((name) => [name, video[name]]))
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max
}

function badParams(req: ApiRequest, message: string): Refusal {
  return new Refusal(apiError(req, 400, 'invalid_params', message))
}
