import type { ApiRequest } from '../../http/request.ts'
import { type GraphNode, present } from '../meta/fields.ts'
import { graphTime } from '../meta/graph-time.ts'
import type { Call } from './access.ts'
import type { PagePost, PageStore, Photo, Video } from './page-store.ts'
import { photosOf } from './page-store.ts'
import type { World } from './world.ts'

/** What nodes are shown from. */
export interface Shown {
  pages: PageStore
  world: World
  req: ApiRequest
}

export function shownBy({ facebook, req }: Call): Shown {
  return { pages: facebook.pages, world: facebook.world, req }
}

const STATUS_TYPES: Record<PagePost['kind'], string> = {
  status: 'mobile_status_update',
  photo: 'added_photos',
  video: 'added_video',
  reel: 'added_video',
  photo_story: 'added_photos',
  video_story: 'added_video',
}

/** https://developers.facebook.com/docs/graph-api/reference/page-post */
export function postNode(shown: Shown, post: PagePost): GraphNode {
  const { pages, world, req } = shown
  const created = graphTime(post.created_at_ms)
  const name = world.pages.get(post.page_id)?.name
  return {
    type: 'Post',
    defaults: ['created_time', 'message', 'id'],
    values: {
      id: () => post.id,
      message: () => (post.message === '' ? undefined : post.message),
      created_time: () => created,
      updated_time: () => created,
      permalink_url: () => `${req.origin}/facebook/${pathOfPost(post)}`,
      is_published: () => true,
      is_hidden: () => false,
      status_type: () => (post.link === null ? STATUS_TYPES[post.kind] : 'shared_story'),
      from: () => ({ name, id: post.page_id }),
      full_picture: () => photosOf(pages, post)[0] && pictureUrl(post.photo_ids[0] ?? ''),
      attachments: () => attachmentsOf(pages, post),
      properties: () => undefined,
      shares: () => undefined,
    },
  }
}

/** As the forms on the site are; reels and videos have their own. */
function pathOfPost({ kind, page_id, id, video_id }: PagePost): string {
  if (kind.endsWith('story')) return `stories/${page_id}/${id}/`
  if (kind === 'reel') return `reel/${video_id}/`
  if (kind === 'video') return `${page_id}/videos/${video_id}/`
  return `${page_id}/posts/${id.split('_').at(-1)}`
}

function attachmentsOf(pages: PageStore, post: PagePost): unknown {
  if (post.link !== null) {
    return { data: [{ media_type: 'link', type: 'share', unshimmed_url: post.link }] }
  }
  if (post.video_id !== null) {
    return { data: [{ media_type: 'video', type: 'video_inline', target: { id: post.video_id } }] }
  }
  const photos = photosOf(pages, post).map(({ id }) => ({
    media_type: 'photo',
    type: 'photo',
    target: { id },
  }))
  if (photos.length < 2) return photos.length === 0 ? undefined : { data: photos }
  return { data: [{ media_type: 'album', type: 'album', subattachments: { data: photos } }] }
}

/** https://developers.facebook.com/docs/graph-api/reference/photo */
export function photoNode({ req }: Shown, photo: Photo): GraphNode {
  return {
    type: 'Photo',
    defaults: ['created_time', 'name', 'id'],
    values: {
      id: () => photo.id,
      name: () => (photo.caption === '' ? undefined : photo.caption),
      created_time: () => graphTime(photo.created_at_ms),
      link: () => `${req.origin}/facebook/photo/${photo.id}`,
      page_story_id: () => photo.post_id ?? undefined,
      alt_text_custom: () => photo.alt_text ?? undefined,
      images: () => [{ source: pictureUrl(photo.id) }],
    },
  }
}

/** https://developers.facebook.com/docs/graph-api/reference/video : its permalink is relative. */
export function videoNode({ pages }: Shown, video: Video, isWorking: boolean): GraphNode {
  const post = pages.posts.get(video.post_id ?? '')
  return {
    type: 'Video',
    defaults: ['description', 'updated_time', 'id'],
    values: {
      id: () => video.id,
      title: () => (video.title === '' ? undefined : video.title),
      description: () => (video.description === '' ? undefined : video.description),
      created_time: () => graphTime(video.created_at_ms),
      updated_time: () => graphTime(video.created_at_ms),
      post_id: () => (isWorking ? undefined : post?.id),
      permalink_url: () => (post === undefined ? undefined : `/${pathOfPost(post)}`),
      published: () => post !== undefined,
      status: (below) => present(statusNode(pages, video, isWorking), below),
    },
  }
}

/** https://developers.facebook.com/docs/video-api/guides/reels-publishing : three phases. */
function statusNode({ state }: PageStore, video: Video, isWorking: boolean): GraphNode {
  const bytes = state.shelf.size(video.upload.file)
  const isUploaded = video.is_finished || bytes === video.upload.file_size
  const isFailed = !isWorking && video.problem !== null
  const isReady = !isWorking && video.post_id !== null
  const uploading = {
    status: isUploaded ? 'complete' : bytes === 0 ? 'not_started' : 'in_progress',
    // Meta’s own pages spell it both ways.
    bytes_transferred: bytes,
    bytes_transfered: bytes,
    source_file_size: video.upload.file_size ?? undefined,
  }
  const working = video.is_finished && !isFailed && !isReady ? 'in_progress' : 'not_started'
  const errors = isFailed && video.problem !== null ? [video.problem] : undefined
  const processing = { status: isFailed ? 'error' : isReady ? 'complete' : working, errors }
  const publishing = isReady
    ? {
        status: 'complete',
        publish_status: 'published',
        publish_time: Math.floor(video.created_at_ms / 1000),
      }
    : { status: 'not_started' }
  return {
    type: 'VideoStatus',
    defaults: ['video_status', 'uploading_phase', 'processing_phase', 'publishing_phase'],
    values: {
      video_status: () => overall(video, { isUploaded, isFailed, isReady }),
      uploading_phase: () => uploading,
      processing_phase: () => processing,
      publishing_phase: () => publishing,
    },
  }
}

function overall(
  video: Video,
  is: { isUploaded: boolean; isFailed: boolean; isReady: boolean },
): string {
  if (is.isFailed) return 'error'
  if (is.isReady) return 'ready'
  if (video.is_finished) return video.is_draft ? 'ready' : 'processing'
  return is.isUploaded ? 'upload_complete' : 'processing'
}

function pictureUrl(photoId: string): string {
  return `https://scontent.xx.fbcdn.net/v/${photoId}.jpg`
}
