import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type Container, type Media, partsOf, poll, postsOf, removeMedia } from './containers.ts'
import { type GraphNode, parseFields, present } from './fields.ts'
import { graphTime } from './graph-time.ts'
import { accountOf, containerOf, type InstagramCall, mediaOf, noNode } from './instagram-call.ts'
import { PROBLEMS } from './instagram-container.ts'
import { pageOf } from './paging.ts'
import { param } from './params.ts'
import { withinTimes } from './time-range.ts'

const CDN = 'https://scontent.cdninstagram.com'
const STORY_LIFETIME_MS = 24 * 3_600_000

/** GET /{container}: nothing but how far it is can be read. */
export function showContainer(call: InstagramCall): Answer {
  const id = call.req.params.id ?? ''
  const container = containerOf(call, id)
  if (container === undefined) throw noNode(call, id)
  const status = poll(container, call.req, PROBLEMS.format)
  const node: GraphNode = {
    type: 'ShadowIGMediaBuilder',
    defaults: ['id'],
    values: {
      id: () => id,
      status_code: () => status,
      status: () => statusText(container, status),
      copyright_check_status: () => ({ status: 'completed', matches_found: false }),
      video_status: () => videoStatus(call, container),
    },
  }
  return json(200, present(node, parseFields(param(call.req, 'fields'))))
}

const STATUS_TEXTS: Record<string, string> = {
  IN_PROGRESS: 'In Progress: Media is still being processed.',
  FINISHED: 'Finished: Media has been uploaded and it is ready to be published.',
  PUBLISHED: 'Published: Media has been published.',
  EXPIRED: 'Expired: Media was not published within 24 hours.',
}

function statusText(container: Container, status: string): string {
  if (status !== 'ERROR') return STATUS_TEXTS[status] ?? status
  return `Error: Media upload has failed with error code ${container.problem}`
}

/** Of a resumable upload only. */
function videoStatus({ store }: InstagramCall, { upload }: Container): unknown {
  if (upload === null) return undefined
  const bytes = store.state.shelf.size(upload.file)
  const status = bytes === upload.file_size ? 'complete' : 'in_progress'
  return { uploading_phase: { status, bytes_transferred: bytes } }
}

/** GET /{media} */
export function showMedia(call: InstagramCall): Answer {
  const media = mediaOf(call, 'read')
  return json(200, present(mediaNode(call, media), parseFields(param(call.req, 'fields'))))
}

/** GET /{ig}/media: newest first, stories left out. */
export function listMedia(call: InstagramCall): Answer {
  const { account_id } = accountOf(call, 'read')
  const rows = postsOf(call.store, account_id).filter((one) => one.kind !== 'STORIES')
  return listing(call, rows)
}

/** GET /{ig}/stories: those of the last day. */
export function listStories(call: InstagramCall): Answer {
  const { account_id } = accountOf(call, 'read')
  const from = call.req.nowMs - STORY_LIFETIME_MS
  const rows = postsOf(call.store, account_id).filter((one) => one.kind === 'STORIES')
  return listing(
    call,
    rows.filter((one) => one.created_at_ms > from),
  )
}

/** DELETE /{media}, where the login has it. */
export function deleteMedia(call: InstagramCall): Answer {
  const media = mediaOf(call, 'delete')
  removeMedia(call.store, media, call.req.nowMs)
  return json(200, { success: true })
}

function listing(call: InstagramCall, rows: readonly Media[]): Answer {
  const { req } = call
  const fields = parseFields(param(req, 'fields'))
  const byId = new Map(withinTimes(req, rows).map((row) => [row.id, row]))
  const row = (id: string): unknown => {
    const media = byId.get(id)
    return media && present(mediaNode(call, media), fields)
  }
  return json(200, pageOf(req, { ids: [...byId.keys()], row, base: req.mount }))
}

/** https://developers.facebook.com/docs/instagram-platform/reference/instagram-media */
function mediaNode(call: InstagramCall, media: Media): GraphNode {
  const { store, req } = call
  const account = store.state.accounts.byId('instagram', media.account_id)
  const comments = store.state.comments
    .list({ platform: 'instagram', platform_post_id: media.id })
    .filter((one) => one.deleted_at === null)
  return {
    type: 'IGMedia',
    defaults: ['id'],
    values: {
      id: () => media.id,
      caption: () => (media.text === '' ? undefined : media.text),
      alt_text: () => media.options.alt_text,
      media_type: () => typeOf(media),
      media_product_type: () => PRODUCTS[media.kind] ?? 'FEED',
      media_url: () => (media.kind === 'CAROUSEL' ? undefined : `${CDN}/v/${media.id}`),
      thumbnail_url: () => (media.is_video ? `${CDN}/t/${media.id}.jpg` : undefined),
      permalink: () => permalinkOf(req, media, account?.handle ?? ''),
      shortcode: () => media.shortcode,
      timestamp: () => graphTime(media.created_at_ms),
      username: () => account?.handle,
      owner: () => ({ id: media.account_id }),
      ig_id: () => media.id,
      is_comment_enabled: () => true,
      comments_count: () => comments.length,
      like_count: () => 0,
      children: (below) => {
        const parts = partsOf(store, media)
        if (parts.length === 0) return undefined
        return { data: parts.map((part) => present(mediaNode(call, part), below)) }
      },
    },
  }
}

const PRODUCTS: Partial<Record<Media['kind'], string>> = { REELS: 'REELS', STORIES: 'STORY' }

function typeOf(media: Media): string {
  if (media.kind === 'CAROUSEL') return 'CAROUSEL_ALBUM'
  return media.is_video ? 'VIDEO' : 'IMAGE'
}

/** On this machine, so that a visitor can follow it. */
function permalinkOf(req: ApiRequest, media: Media, handle: string): string {
  const site = `${req.origin}/instagram`
  if (media.kind === 'STORIES') return `${site}/stories/${handle}/${media.id}/`
  return `${site}/${media.kind === 'REELS' ? 'reel' : 'p'}/${media.shortcode}/`
}
