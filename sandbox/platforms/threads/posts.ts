import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  type Media,
  partsOf,
  poll,
  postsOf,
  publish,
  removeMedia,
  statusOf,
} from '../meta/containers.ts'
import { NO_PERMISSION, refuse } from '../meta/errors.ts'
import { type GraphNode, parseFields, present } from '../meta/fields.ts'
import { graphTime } from '../meta/graph-time.ts'
import { pageOf } from '../meta/paging.ts'
import { param, requiredParam } from '../meta/params.ts'
import { withinTimes } from '../meta/time-range.ts'
import { assertOwn, mediaNotFound, NO_RESOURCE, ownMedia, type ThreadsCall } from './call.ts'
import { PROBLEMS } from './problems.ts'
import { quotaOf, spend } from './quota.ts'

/** GET /{container}: its text cannot be read. */
export function showContainer({ req, store, account }: ThreadsCall): Answer {
  const container = store.containers.get(req.params.id ?? '')
  if (container?.account_id !== account.account_id) throw refuse(NO_RESOURCE)
  const status = poll(container, req, PROBLEMS.format)
  const node: GraphNode = {
    type: 'ThreadsMediaContainer',
    defaults: ['id', 'status'],
    values: {
      id: () => container.id,
      status: () => status,
      error_message: () => (status === 'ERROR' ? container.problem : undefined),
    },
  }
  return json(200, present(node, parseFields(param(req, 'fields'))))
}

/** POST /{id}/threads_publish: once per container. */
export function publishContainer(call: ThreadsCall): Answer {
  const { req, store, account } = call
  assertOwn(call, 'threads_content_publish')
  const id = requiredParam(req, 'creation_id')
  const container = store.containers.get(id)
  if (container?.account_id !== account.account_id || container.is_item) {
    throw refuse(mediaNotFound(id))
  }
  // Not ready, failed, expired and published already are all the same answer.
  if (statusOf(container, req.nowMs) !== 'FINISHED') throw refuse(mediaNotFound(id))
  spend(store, req, container.options.reply_to_id ? 'reply' : 'post', account.account_id)
  return json(200, { id: publish(store, container, req.nowMs).id })
}

/** GET /{media} */
export function showPost(call: ThreadsCall): Answer {
  const media = ownMedia(call)
  return json(200, present(postNode(call, media), parseFields(param(call.req, 'fields'))))
}

/** GET /{id}/threads: newest first, without replies. */
export function listPosts(call: ThreadsCall): Answer {
  assertOwn(call, 'threads_basic')
  return listing(call, (media) => media.options.reply_to_id === undefined)
}

/** GET /{id}/replies: of the profile. */
export function listReplies(call: ThreadsCall): Answer {
  assertOwn(call, 'threads_basic')
  return listing(call, (media) => media.options.reply_to_id !== undefined)
}

/** GET /{media}/replies: direct ones. */
export function listRepliesTo(call: ThreadsCall): Answer {
  const { id } = ownMedia(call)
  return listing(call, (media) => media.options.reply_to_id === id)
}

/** DELETE /{media} */
export function deletePost(call: ThreadsCall): Answer {
  const { req, store, account, scopes } = call
  const media = ownMedia(call)
  if (!scopes.includes('threads_delete')) throw refuse(NO_PERMISSION)
  spend(store, req, 'delete', account.account_id)
  removeMedia(store, media, req.nowMs)
  return json(200, { success: true, deleted_id: media.id })
}

/** GET /{id}/threads_publishing_limit: a list with one entry. */
export function showPublishingLimit(call: ThreadsCall): Answer {
  const { req, store, account } = call
  assertOwn(call, 'threads_content_publish')
  const [post, reply, gone] = (['post', 'reply', 'delete'] as const).map((quota) =>
    quotaOf(store, req, quota, account.account_id),
  )
  const node: GraphNode = {
    type: 'ThreadsPublishingLimit',
    defaults: ['quota_usage'],
    values: {
      quota_usage: () => post?.used,
      config: () => post?.config,
      reply_quota_usage: () => reply?.used,
      reply_config: () => reply?.config,
      delete_quota_usage: () => gone?.used,
      delete_config: () => gone?.config,
      location_search_quota_usage: () => 0,
      location_search_config: () => ({ quota_total: 500, quota_duration: 86_400 }),
    },
  }
  return json(200, { data: [present(node, parseFields(param(req, 'fields')))] })
}

function listing(call: ThreadsCall, isWanted: (media: Media) => boolean): Answer {
  const { req, store, account } = call
  const rows = postsOf(store, account.account_id).filter(isWanted)
  const byId = new Map(withinTimes(req, rows).map((media) => [media.id, media]))
  const fields = parseFields(param(req, 'fields'))
  const row = (id: string): unknown => {
    const media = byId.get(id)
    return media && present(postNode(call, media), fields)
  }
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base: req.mount }))
}

/** https://developers.facebook.com/docs/threads/threads-media */
function postNode(call: ThreadsCall, media: Media): GraphNode {
  const { store, req, account } = call
  const { options } = media
  const parent = store.media.get(options.reply_to_id ?? '')
  const text = options.shown_text ?? media.text
  return {
    type: 'ThreadsMedia',
    defaults: ['id'],
    values: {
      id: () => media.id,
      media_product_type: () => 'THREADS',
      media_type: () => TYPES[media.kind] ?? media.kind,
      media_url: () => (media.media.length === 1 ? cdn(media, 'v') : undefined),
      thumbnail_url: () => (media.is_video ? cdn(media, 't') : undefined),
      permalink: () => permalinkOf(req, account.handle, media),
      shortcode: () => media.shortcode,
      owner: () => ({ id: media.account_id }),
      username: () => account.handle,
      text: () => (text === '' ? undefined : text),
      timestamp: () => graphTime(media.created_at_ms),
      alt_text: () => options.alt_text,
      topic_tag: () => options.topic_tag,
      link_attachment_url: () => options.link_attachment,
      poll_attachment: () => options.poll_attachment && JSON.parse(options.poll_attachment),
      is_quote_post: () => options.quote_post_id !== undefined,
      is_reply: () => parent !== undefined,
      replied_to: () => (parent === undefined ? undefined : { id: parent.id }),
      root_post: () => (parent === undefined ? undefined : { id: rootOf(call, parent).id }),
      has_replies: () =>
        [...store.media.values()].some((one) => one.options.reply_to_id === media.id),
      reply_audience: () => (options.reply_control ?? 'everyone').toUpperCase(),
      hide_status: () => 'NOT_HUSHED',
      children: (below) => {
        const parts = partsOf(store, media)
        if (parts.length === 0) return undefined
        return { data: parts.map((part) => present(postNode(call, part), below)) }
      },
    },
  }
}

const TYPES: Partial<Record<Media['kind'], string>> = {
  TEXT: 'TEXT_POST',
  CAROUSEL: 'CAROUSEL_ALBUM',
}

function rootOf({ store }: ThreadsCall, media: Media): Media {
  let root = media
  for (;;) {
    const parent = store.media.get(root.options.reply_to_id ?? '')
    if (parent === undefined) return root
    root = parent
  }
}

function cdn({ id }: Media, kind: string): string {
  return `https://scontent.cdninstagram.com/threads/${kind}/${id}`
}

/** On this machine, so that a visitor can follow it. */
function permalinkOf(req: ApiRequest, handle: string, { shortcode }: Media): string {
  return `${req.origin}/threads/@${handle}/post/${shortcode}`
}
