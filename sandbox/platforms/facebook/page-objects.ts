import { type Answer, json } from '../../http/answer.ts'
import { noObject, refuse } from '../meta/errors.ts'
import { type GraphNode, parseFields, present } from '../meta/fields.ts'
import { graphTime } from '../meta/graph-time.ts'
import { pageOf } from '../meta/paging.ts'
import { param, requiredParam } from '../meta/params.ts'
import { type Call, ownPage, type PageAbility } from './access.ts'
import { messageOf } from './message.ts'
import { photoNode, postNode, shownBy, videoNode } from './page-nodes.ts'
import {
  livePost,
  type PagePost,
  type PageStore,
  publishVideo,
  removePost,
  type Video,
} from './page-store.ts'

type Comment = NonNullable<ReturnType<PageStore['state']['comments']['byId']>>

/** GET /{post} */
export function showPost(call: Call): Answer {
  const post = postOf(call, 'read')
  return show(call, postNode(shownBy(call), post))
}

/** POST /{post}: another text. */
export function editPost(call: Call): Answer {
  const post = postOf(call, 'publish')
  requiredParam(call.req, 'message')
  post.message = messageOf(call)
  call.facebook.pages.state.posts.edit('facebook', post.id, post.message)
  return json(200, { success: true })
}

/** DELETE /{post}; stories of photos stay. */
export function deletePost(call: Call): Answer {
  const post = postOf(call, 'publish')
  if (post.kind === 'photo_story') throw gone(call)
  removePost(call.facebook.pages, post, call.req.nowMs)
  return json(200, { success: true })
}

/** GET /{photo} */
export function showPhoto(call: Call): Answer {
  const photo = call.facebook.pages.photos.get(call.req.params.id ?? '')
  if (photo === undefined) throw gone(call)
  ownPage(call, photo.page_id, 'read')
  return show(call, photoNode(shownBy(call), photo))
}

/** DELETE /{photo}: with the post that shows it alone. */
export function deletePhoto(call: Call): Answer {
  const { facebook, req } = call
  const photo = facebook.pages.photos.get(req.params.id ?? '')
  if (photo === undefined) throw gone(call)
  ownPage(call, photo.page_id, 'publish')
  const post = livePost(facebook.pages, photo.post_id ?? '')
  if (post?.kind === 'photo_story') throw gone(call)
  if (post?.photo_ids.length === 1) removePost(facebook.pages, post, req.nowMs)
  facebook.pages.photos.delete(photo.id)
  return json(200, { success: true })
}

/** GET /{video}: how far the upload and the processing are. */
export function showVideo(call: Call): Answer {
  const video = videoOf(call, 'read')
  const isWorking = advance(call, video)
  return show(call, videoNode(shownBy(call), video, isWorking))
}

/** DELETE /{video} */
export function deleteVideo(call: Call): Answer {
  const video = videoOf(call, 'publish')
  const post = livePost(call.facebook.pages, video.post_id ?? '')
  if (post !== undefined) removePost(call.facebook.pages, post, call.req.nowMs)
  video.is_deleted = true
  return json(200, { success: true })
}

/** One poll of a finished video; true while it still works. */
function advance({ facebook, req }: Call, video: Video): boolean {
  if (!video.is_finished || video.is_draft) return false
  if (req.fault === 'processing') return true
  if (req.fault === 'refuse') return fail(facebook.pages, video, req.nowMs)
  if (video.polls_left > 0) {
    video.polls_left -= 1
    return true
  }
  if (video.problem === null) publishVideo(facebook.pages, video, req.nowMs)
  return false
}

/** What was public for a moment is no more. */
function fail(store: PageStore, video: Video, nowMs: number): false {
  video.problem = { code: 1363008, message: 'The video could not be processed.' }
  video.polls_left = 0
  const post = livePost(store, video.post_id ?? '')
  if (post === undefined) return false
  removePost(store, post, nowMs)
  Object.assign(video, { is_deleted: false, post_id: null })
  return false
}

/** POST /{object}/comments, as the Page. */
export function addComment(call: Call): Answer {
  const { facebook, req } = call
  const post = commented(call, 'comment')
  const text = messageOf(call)
  if (text === '') throw refuse({ message: '(#100) Missing message', code: 100 })
  const { ids, state } = facebook.pages
  const comment_id = `${post.id.split('_').at(-1)}_${ids.next(req.nowMs)}`
  const row = { platform: 'facebook' as const, account_id: post.page_id, platform_post_id: post.id }
  state.comments.accept({ ...row, comment_id, text }, req.nowMs)
  return json(200, { id: comment_id })
}

/** GET /{object}/comments: oldest first. */
export function listComments(call: Call): Answer {
  const { facebook, req } = call
  const post = commented(call, 'read')
  const rows = facebook.pages.state.comments
    .list({ platform: 'facebook', platform_post_id: post.id })
    .filter((one) => one.deleted_at === null)
  const ordered = param(req, 'order') === 'reverse_chronological' ? rows.reverse() : rows
  const byId = new Map(ordered.map((one) => [one.comment_id, one]))
  const fields = parseFields(param(req, 'fields'))
  const row = (id: string): unknown => {
    const comment = byId.get(id)
    return comment && present(commentNode(call, comment), fields)
  }
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base: req.mount }))
}

/** GET /{comment} */
export function showComment(call: Call): Answer {
  return show(call, commentNode(call, commentOf(call, 'read')))
}

/** DELETE /{comment} */
export function deleteComment(call: Call): Answer {
  const { comment_id } = commentOf(call, 'comment')
  call.facebook.pages.state.comments.delete('facebook', comment_id, call.req.nowMs)
  return json(200, { success: true })
}

function commentOf(call: Call, ability: PageAbility): Comment {
  const { state } = call.facebook.pages
  const comment = state.comments.byId('facebook', call.req.params.id ?? '')
  if (comment?.deleted_at !== null) throw gone(call)
  ownPage(call, comment.account_id, ability)
  return comment
}

function commentNode({ facebook }: Call, comment: Comment): GraphNode {
  const page = facebook.world.pages.get(comment.account_id)
  return {
    type: 'Comment',
    defaults: ['created_time', 'from', 'message', 'id'],
    values: {
      id: () => comment.comment_id,
      message: () => comment.text,
      created_time: () => graphTime(Date.parse(comment.accepted_at)),
      from: () => ({ name: page?.name, id: comment.account_id }),
      is_hidden: () => false,
      parent: () => undefined,
    },
  }
}

/** The post itself, or the one that shows a photo or video. */
function commented(call: Call, ability: PageAbility): PagePost {
  const { pages } = call.facebook
  const id = call.req.params.id ?? ''
  const shown = pages.photos.get(id)?.post_id ?? pages.videos.get(id)?.post_id ?? id
  return livePostOf(call, shown, ability)
}

function postOf(call: Call, ability: PageAbility): PagePost {
  return livePostOf(call, call.req.params.id ?? '', ability)
}

function livePostOf(call: Call, id: string, ability: PageAbility): PagePost {
  const post = livePost(call.facebook.pages, id)
  if (post === undefined) throw gone(call)
  ownPage(call, post.page_id, ability)
  return post
}

function videoOf(call: Call, ability: PageAbility): Video {
  const video = call.facebook.pages.videos.get(call.req.params.id ?? '')
  if (video?.is_deleted !== false) throw gone(call)
  ownPage(call, video.page_id, ability)
  return video
}

function show(call: Call, node: GraphNode): Answer {
  return json(200, present(node, parseFields(param(call.req, 'fields'))))
}

function gone({ req }: Call) {
  return refuse(noObject(req.method, req.params.id ?? ''))
}
