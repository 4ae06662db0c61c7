import { z } from 'zod'
import { latestId, SnowflakeIds } from '../../core/ids.ts'
import type { SandboxState } from '../../core/state.ts'

const KINDS = ['status', 'photo', 'video', 'reel', 'photo_story', 'video_story'] as const

const postRow = z.object({
  /** `{page}_{number}`; of a story the number alone. */
  id: z.string(),
  page_id: z.string(),
  kind: z.enum(KINDS),
  /** As the author asked for it. */
  message: z.string(),
  link: z.string().nullable(),
  photo_ids: z.array(z.string()),
  video_id: z.string().nullable(),
  created_at_ms: z.number(),
  is_deleted: z.boolean(),
})

const photoRow = z.object({
  id: z.string(),
  page_id: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  caption: z.string(),
  alt_text: z.string().nullable(),
  /** The post it is in; null = unpublished and unused. */
  post_id: z.string().nullable(),
  created_at_ms: z.number(),
})

const videoRow = z.object({
  id: z.string(),
  page_id: z.string(),
  use: z.enum(['video', 'reel', 'video_story']),
  /** Of an upload by start, transfer and finish. */
  session_id: z.string().nullable(),
  upload: z.object({ file: z.string(), file_size: z.number().nullable() }),
  sha256: z.string().nullable(),
  title: z.string(),
  description: z.string(),
  is_finished: z.boolean(),
  is_draft: z.boolean(),
  /** Polls that still say processing. */
  polls_left: z.number(),
  /** Why the processing fails. */
  problem: z.object({ code: z.number(), message: z.string() }).nullable(),
  post_id: z.string().nullable(),
  created_at_ms: z.number(),
  is_deleted: z.boolean(),
})

export type PagePost = z.infer<typeof postRow>
export type Photo = z.infer<typeof photoRow>
export type Video = z.infer<typeof videoRow>

/** What Pages published and prepared. */
export interface PageStore {
  state: SandboxState
  posts: Map<string, PagePost>
  photos: Map<string, Photo>
  videos: Map<string, Video>
  ids: SnowflakeIds
}

const EPOCH_MS = Date.parse('2004-02-04T00:00:00Z')

export function openPageStore(state: SandboxState): PageStore {
  const posts = state.tables.open('facebook.posts', postRow)
  const photos = state.tables.open('facebook.photos', photoRow)
  const videos = state.tables.open('facebook.videos', videoRow)
  const numbers = [...posts.keys()].map((id) => id.split('_').at(-1) ?? id)
  const last = latestId([...numbers, ...photos.keys(), ...videos.keys()])
  const ids = new SnowflakeIds({ epochMs: EPOCH_MS, shiftBits: 12, ...(last ? { last } : {}) })
  return { state, posts, photos, videos, ids }
}

/** What a new post says; the rest of the row follows. */
export type PostDraft = Pick<PagePost, 'page_id' | 'kind' | 'message'> & Partial<PagePost>

/** Accepts a post: from here on it is public. */
export function addPost(store: PageStore, draft: PostDraft, nowMs: number): PagePost {
  const number = store.ids.next(nowMs)
  const isStory = draft.kind.endsWith('story')
  const post: PagePost = {
    link: null,
    photo_ids: [],
    video_id: null,
    ...draft,
    id: isStory ? number : `${draft.page_id}_${number}`,
    created_at_ms: nowMs,
    is_deleted: false,
  }
  store.posts.set(post.id, post)
  for (const photo of photosOf(store, post)) photo.post_id = post.id
  const { page_id, id, message } = post
  const row = { platform: 'facebook' as const, account_id: page_id, platform_post_id: id }
  store.state.posts.accept({ ...row, text: message, media: filesOf(store, post) }, nowMs)
  return post
}

export function photosOf(store: PageStore, post: PagePost): Photo[] {
  return post.photo_ids.flatMap((id) => store.photos.get(id) ?? [])
}

function filesOf(store: PageStore, post: PagePost): string[] {
  const video = store.videos.get(post.video_id ?? '')?.sha256
  const photos = photosOf(store, post).map((one) => one.sha256)
  return video == null ? photos : [...photos, video]
}

/** A finished video becomes a post, unless it is a draft. */
export function publishVideo(store: PageStore, video: Video, nowMs: number): void {
  if (video.is_draft || video.post_id !== null) return
  const { page_id, use, description } = video
  const message = use === 'video_story' ? '' : description
  const draft = { page_id, kind: use, message, video_id: video.id }
  video.post_id = addPost(store, draft, nowMs).id
}

/** Posts of a Page that are up, newest first. */
export function postsOf(store: PageStore, pageId: string): PagePost[] {
  return [...store.posts.values()]
    .filter((one) => one.page_id === pageId && !one.is_deleted)
    .reverse()
}

export function livePost(store: PageStore, id: string): PagePost | undefined {
  const post = store.posts.get(id)
  return post?.is_deleted === false ? post : undefined
}

export function removePost(store: PageStore, post: PagePost, nowMs: number): void {
  post.is_deleted = true
  for (const photo of photosOf(store, post)) store.photos.delete(photo.id)
  const video = store.videos.get(post.video_id ?? '')
  if (video !== undefined) video.is_deleted = true
  store.state.posts.delete('facebook', post.id, nowMs)
}

export function forgetPosts(store: PageStore): void {
  for (const post of store.posts.values()) {
    for (const photo of photosOf(store, post)) store.photos.delete(photo.id)
    store.videos.delete(post.video_id ?? '')
  }
  store.posts.clear()
}
