import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Platform } from '../../../domain/platforms.ts'
import { latestId, SnowflakeIds } from '../../core/ids.ts'
import type { SandboxState } from '../../core/state.ts'
import type { ApiRequest } from '../../http/request.ts'

const KINDS = ['TEXT', 'IMAGE', 'VIDEO', 'REELS', 'STORIES', 'CAROUSEL'] as const

export type Kind = (typeof KINDS)[number]

/** What a container and the media made of it share. */
const contentRow = z.object({
  id: z.string(),
  account_id: z.string(),
  kind: z.enum(KINDS),
  is_video: z.boolean(),
  /** As the author asked for it. */
  text: z.string(),
  /** Hex SHA-256 of each file, in the order shown. */
  media: z.array(z.string()),
  /** Other parameters of the request that show later. */
  options: z.record(z.string(), z.string()),
  created_at_ms: z.number(),
})

const containerRow = contentRow.extend({
  is_item: z.boolean(),
  /** Containers of a carousel. */
  children: z.array(z.string()),
  /** Polls that still say IN_PROGRESS. */
  polls_left: z.number(),
  /** Whether a poll has shown how the processing ended. */
  is_processed: z.boolean(),
  /** Why the processing fails; null = it does not. */
  problem: z.string().nullable(),
  /** What it was published as. */
  media_id: z.string().nullable(),
  /** Of a resumable upload: the file on the shelf and its announced size. */
  upload: z.object({ file: z.string(), file_size: z.number().nullable() }).nullable(),
})

const mediaRow = contentRow.extend({
  shortcode: z.string(),
  /** The carousel it is part of. */
  parent_id: z.string().nullable(),
  is_deleted: z.boolean(),
})

export type Container = z.infer<typeof containerRow>
export type Media = z.infer<typeof mediaRow>
export type ContainerStatus = 'IN_PROGRESS' | 'FINISHED' | 'PUBLISHED' | 'ERROR' | 'EXPIRED'

/** Containers and published media of Instagram or Threads. */
export interface ContainerStore {
  state: SandboxState
  platform: Platform
  containers: Map<string, Container>
  media: Map<string, Media>
  ids: SnowflakeIds
}

/** Unpublished containers end: https://developers.facebook.com/docs/instagram-platform/content-publishing */
const LIFETIME_MS = 24 * 3_600_000
/** Of a container whose upload met a `processing` fault. */
const SLOW_POLLS = 2
const EPOCH_MS = Date.parse('2010-10-06T00:00:00Z')

/** Instagram is opened by two stand-ins: a table of a sandbox is opened once. */
const stores = new WeakMap<SandboxState, Map<Platform, ContainerStore>>()

export function openContainers(state: SandboxState, platform: Platform): ContainerStore {
  const opened = stores.get(state) ?? new Map<Platform, ContainerStore>()
  stores.set(state, opened)
  const store = opened.get(platform) ?? newStore(state, platform)
  opened.set(platform, store)
  return store
}

function newStore(state: SandboxState, platform: Platform): ContainerStore {
  const containers = state.tables.open(`${platform}.containers`, containerRow)
  const media = state.tables.open(`${platform}.media`, mediaRow)
  const last = latestId([...containers.keys(), ...media.keys()])
  const ids = new SnowflakeIds({ epochMs: EPOCH_MS, shiftBits: 15, ...(last ? { last } : {}) })
  return { state, platform, containers, media, ids }
}

/** What a request asks for; the rest of a container begins empty. */
export type ContainerDraft = Pick<Container, 'account_id' | 'kind'> & Partial<Container>

/** Texts and pictures are ready at once, everything else when a poll has said so. */
export function addContainer(
  store: ContainerStore,
  req: ApiRequest,
  draft: ContainerDraft,
): Container {
  const isSlow = req.fault === 'processing'
  const container: Container = {
    is_video: false,
    text: '',
    media: [],
    options: {},
    is_item: false,
    children: [],
    problem: null,
    upload: null,
    ...draft,
    id: store.ids.next(req.nowMs),
    created_at_ms: req.nowMs,
    polls_left: isSlow ? SLOW_POLLS : 0,
    is_processed: draft.kind !== 'CAROUSEL' && draft.is_video !== true && !isSlow,
    media_id: null,
  }
  store.containers.set(container.id, container)
  return container
}

export function statusOf(container: Container, nowMs: number): ContainerStatus {
  if (container.media_id !== null) return 'PUBLISHED'
  if (container.created_at_ms + LIFETIME_MS <= nowMs) return 'EXPIRED'
  if (!container.is_processed) return 'IN_PROGRESS'
  return container.problem === null ? 'FINISHED' : 'ERROR'
}

/** A poll is what makes time pass. `refusal` is the problem of a container that a fault fails. */
export function poll(container: Container, req: ApiRequest, refusal: string): ContainerStatus {
  const status = statusOf(container, req.nowMs)
  if (status === 'PUBLISHED' || status === 'EXPIRED') return status
  if (req.fault === 'processing') return 'IN_PROGRESS'
  if (req.fault === 'refuse') {
    container.problem = refusal
    container.polls_left = 0
  }
  if (container.polls_left > 0) container.polls_left -= 1
  else container.is_processed = true
  return statusOf(container, req.nowMs)
}

/** The children of a carousel; undefined where one does not exist. */
export function childrenOf(store: ContainerStore, ids: readonly string[]): Container[] | undefined {
  const found = ids.flatMap((id) => store.containers.get(id) ?? [])
  return found.length === ids.length ? found : undefined
}

/** Makes media of a container, once; the post is accepted here. */
export function publish(store: ContainerStore, container: Container, nowMs: number): Media {
  const media = addMedia(store, container, { parentId: null, nowMs })
  for (const child of childrenOf(store, container.children) ?? []) {
    child.media_id = addMedia(store, child, { parentId: media.id, nowMs }).id
  }
  container.media_id = media.id
  const { account_id, text, media: files } = media
  const post = { platform: store.platform, account_id, platform_post_id: media.id, text }
  store.state.posts.accept({ ...post, media: files }, nowMs)
  return media
}

function addMedia(
  store: ContainerStore,
  container: Container,
  { parentId, nowMs }: { parentId: string | null; nowMs: number },
): Media {
  const { account_id, kind, is_video, text, media, options } = container
  const row: Media = {
    id: store.ids.next(nowMs),
    account_id,
    kind,
    is_video,
    text,
    media,
    options,
    created_at_ms: nowMs,
    shortcode: `D${randomBytes(8).toString('base64url')}`,
    parent_id: parentId,
    is_deleted: false,
  }
  store.media.set(row.id, row)
  return row
}

/** Published media that is still up. */
export function liveMedia(store: ContainerStore, id: string): Media | undefined {
  const media = store.media.get(id)
  return media?.is_deleted === false ? media : undefined
}

/** Posts of an account, newest first; parts of a carousel are no posts. */
export function postsOf(store: ContainerStore, accountId: string): Media[] {
  return [...store.media.values()]
    .filter((one) => one.account_id === accountId && one.parent_id === null && !one.is_deleted)
    .reverse()
}

export function partsOf(store: ContainerStore, media: Media): Media[] {
  return [...store.media.values()].filter((one) => one.parent_id === media.id)
}

export function removeMedia(store: ContainerStore, media: Media, nowMs: number): void {
  for (const one of [media, ...partsOf(store, media)]) one.is_deleted = true
  store.state.posts.delete(store.platform, media.id, nowMs)
}

export function forgetMedia(store: ContainerStore): void {
  store.media.clear()
  for (const container of store.containers.values()) {
    if (container.media_id !== null) store.containers.delete(container.id)
  }
}
