import type { AcceptedComment } from '../../core/comments.ts'
import { type Answer, json } from '../../http/answer.ts'
import { liveMedia } from './containers.ts'
import { invalidParameter, refuse } from './errors.ts'
import { type GraphNode, parseFields, present } from './fields.ts'
import { graphTime } from './graph-time.ts'
import { assertMay, type InstagramCall, mediaOf, noNode } from './instagram-call.ts'
import { pageOf } from './paging.ts'
import { param, requiredParam } from './params.ts'

const MAX_COMMENT = 2200

/** POST /{media}/comments, by the account itself. */
export function addComment(call: InstagramCall): Answer {
  const { req, store } = call
  const media = mediaOf(call, 'comment')
  const text = requiredParam(req, 'message')
  if ([...text].length > MAX_COMMENT) throw refuse(invalidParameter('Comment text too long'))
  const id = store.ids.next(req.nowMs)
  const { account_id, id: postId } = media
  const row = { platform: 'instagram' as const, account_id, platform_post_id: postId }
  store.state.comments.accept({ ...row, comment_id: id, text }, req.nowMs)
  // With `fields` the comment is made, and the answer is an error all the same.
  if (req.query.has('fields')) throw refuse(invalidParameter('Param fields is not supported'))
  return json(200, { id })
}

/** GET /{media}/comments: newest first. */
export function listComments(call: InstagramCall): Answer {
  const { req, store } = call
  const media = mediaOf(call, 'comment')
  const rows = store.state.comments
    .list({ platform: 'instagram', platform_post_id: media.id })
    .filter((one) => one.deleted_at === null)
    .reverse()
  const byId = new Map(rows.map((row) => [row.comment_id, row]))
  const fields = parseFields(param(req, 'fields'))
  const row = (id: string): unknown => {
    const comment = byId.get(id)
    return comment && present(commentNode(call, comment), fields)
  }
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base: req.mount }))
}

/** DELETE /{comment} */
export function deleteComment(call: InstagramCall): Answer {
  const { req, store } = call
  const comment = commentOf(call)
  assertMay(call, 'comment')
  store.state.comments.delete('instagram', comment.comment_id, req.nowMs)
  return json(200, { success: true })
}

/** GET /{comment} */
export function showComment(call: InstagramCall): Answer {
  const comment = commentOf(call)
  assertMay(call, 'comment')
  return json(200, present(commentNode(call, comment), parseFields(param(call.req, 'fields'))))
}

function commentOf(call: InstagramCall): AcceptedComment {
  const { req, store } = call
  const id = req.params.id ?? ''
  const comment = store.state.comments.byId('instagram', id)
  const isUp = comment?.deleted_at === null && liveMedia(store, comment.platform_post_id)
  if (!comment || !isUp || !call.reach(comment.account_id)) throw noNode(call, id)
  return comment
}

function commentNode({ store }: InstagramCall, comment: AcceptedComment): GraphNode {
  const account = store.state.accounts.byId('instagram', comment.account_id)
  return {
    type: 'IGComment',
    defaults: ['id', 'text', 'timestamp'],
    values: {
      id: () => comment.comment_id,
      text: () => comment.text,
      timestamp: () => graphTime(Date.parse(comment.accepted_at)),
      username: () => account?.handle,
      from: () => ({ id: comment.account_id, username: account?.handle }),
      media: () => ({ id: comment.platform_post_id }),
      hidden: () => false,
      like_count: () => 0,
    },
  }
}
