import { randomBytes } from 'node:crypto'
import type { AcceptedComment } from '../../core/comments.ts'
import { type Answer, json } from '../../http/answer.ts'
import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { COMMENT_SCOPES, callerOf, etag, partsOf, READ_UNITS, WRITE_UNITS } from './access.ts'
import { refusal } from './errors.ts'
import { canSee } from './own-video.ts'
import type { Video, Youtube } from './store.ts'

/** Not in the reference; what the site allows. */
const MAX_CHARS = 10_000
const DOMAIN = 'youtube.commentThread'
const PARTS = ['id', 'snippet', 'replies']

/** POST /youtube/v3/commentThreads: a comment on a video. */
export function insertCommentThread(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, COMMENT_SCOPES, WRITE_UNITS)
  const parts = partsOf(req, PARTS)
  const snippet = memberOf(fields(req.body), 'snippet')
  const text = memberOf(memberOf(snippet, 'topLevelComment'), 'snippet').textOriginal
  if (typeof text !== 'string' || text.trim() === '') {
    throw refusal(400, 'commentTextRequired', 'The comment has no textOriginal.', DOMAIN)
  }
  if ([...text].length > MAX_CHARS) {
    throw refusal(400, 'commentTextTooLong', 'The comment is too long.', DOMAIN)
  }
  const video = videoOf(youtube, String(snippet.videoId ?? ''))
  if (!canSee(video, channel)) throw notThere()
  const comment = {
    platform: 'youtube' as const,
    account_id: channel.account_id,
    platform_post_id: video.id,
    comment_id: `Ugx${randomBytes(16).toString('base64url')}4AaABAg`,
    text,
  }
  const { comments } = youtube.site.store.state
  comments.accept(comment, req.nowMs)
  const kept = comments.byId('youtube', comment.comment_id)
  return json(200, kept === undefined ? {} : presentThread(youtube, kept, parts))
}

/** GET /youtube/v3/commentThreads?videoId=: newest first. */
export function listCommentThreads(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, COMMENT_SCOPES, READ_UNITS)
  const parts = partsOf(req, PARTS)
  const video = videoOf(youtube, req.query.get('videoId') ?? '')
  if (!canSee(video, channel)) throw notThere()
  const filter = { platform: 'youtube' as const, platform_post_id: video.id }
  const live = youtube.site.store.state.comments
    .list(filter)
    .filter((one) => one.deleted_at === null)
    .reverse()
  const items = live.map((one) => presentThread(youtube, one, parts))
  const pageInfo = { totalResults: items.length, resultsPerPage: items.length }
  const kind = 'youtube#commentThreadListResponse'
  return json(200, { kind, etag: etag(JSON.stringify(items)), pageInfo, items })
}

/** DELETE /youtube/v3/comments?id= */
export function deleteComment(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, COMMENT_SCOPES, WRITE_UNITS)
  const { comments } = youtube.site.store.state
  const comment = comments.byId('youtube', req.query.get('id') ?? '')
  if (comment === undefined || comment.deleted_at !== null) {
    throw refusal(404, 'commentNotFound', 'The comment cannot be found.', 'youtube.comment')
  }
  if (comment.account_id !== channel.account_id) {
    throw refusal(403, 'forbidden', 'The comment cannot be deleted.', 'youtube.comment')
  }
  comments.delete('youtube', comment.comment_id, req.nowMs)
  return { status: 204 }
}

/** Made for kids: no comments at all. */
function videoOf({ videos }: Youtube, id: string): Video {
  const video = videos.get(id)
  if (video === undefined) throw notThere()
  if (video.metadata.selfDeclaredMadeForKids !== true) return video
  const message = 'The video identified by the videoId parameter has disabled comments.'
  throw refusal(403, 'commentsDisabled', message, DOMAIN)
}

function presentThread(
  { site }: Youtube,
  comment: AcceptedComment,
  parts: readonly string[],
): Record<string, unknown> {
  const { comment_id: id, platform_post_id: videoId, account_id, text, accepted_at } = comment
  const author = site.store.state.accounts.byId('youtube', account_id)
  const written = {
    textDisplay: text,
    textOriginal: text,
    authorDisplayName: `@${author?.handle}`,
    authorChannelId: { value: account_id },
    videoId,
    publishedAt: accepted_at,
    updatedAt: accepted_at,
  }
  const topLevelComment = { kind: 'youtube#comment', etag: etag(text), id, snippet: written }
  const snippet = { videoId, topLevelComment, canReply: true, totalReplyCount: 0, isPublic: true }
  const thread = { kind: 'youtube#commentThread', etag: etag(id), id }
  return parts.includes('snippet') ? { ...thread, snippet } : thread
}

function memberOf(from: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = from[name]
  return isRecord(value) ? value : {}
}

function notThere(): Error {
  const message = 'The video identified by the videoId parameter cannot be found.'
  return refusal(404, 'videoNotFound', message, DOMAIN)
}
