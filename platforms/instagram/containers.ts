import { z } from 'zod'
import type { Media } from '../../domain/media.ts'
import type { Call } from '../call.ts'
import type { Committed, Draft } from '../connector.ts'
import type { MediaSource } from '../media.ts'
import { askAs, createdSchema, isNotFound, type MetaAccount } from '../meta/account.ts'
import type { ContainerRecipe, ContainerReport } from '../meta/containers.ts'
import type { Fields } from '../meta/graph.ts'
import { parseSettings } from '../settings.ts'
import { containerFailure, retriesAfter } from './errors.ts'
import { type InstagramSettings, instagramSettings, isReel } from './limits.ts'

/** https://developers.facebook.com/docs/instagram-platform/content-publishing */
export function instagramRecipe(
  account: MetaAccount,
  draft: Draft,
  call: Call & { media: MediaSource },
): ContainerRecipe {
  const settings = parseSettings(instagramSettings, draft.settings)
  const isCarousel = draft.media.length > 1
  return {
    names: account.graph.names,
    children: isCarousel
      ? draft.media.map((file, index) => () => childFields(file, index, settings, call.media))
      : [],
    parent: (children) =>
      isCarousel
        ? {
            media_type: 'CAROUSEL',
            children: children.join(','),
            ...captionFields(draft, settings),
          }
        : singleFields(draft, settings, call.media),
    create: async (form) => {
      const asked = { method: 'POST' as const, path: `/${account.id}/media`, form }
      return (await askAs(account, asked, createdSchema, call)).id
    },
    read: (id) => readContainer(account, id, call),
    failureOf: containerFailure,
    retriesAfter,
  }
}

const reportSchema = z.object({
  status_code: z.enum(['IN_PROGRESS', 'FINISHED', 'PUBLISHED', 'ERROR', 'EXPIRED']),
  status: z.string().optional(),
})

export async function readContainer(
  account: MetaAccount,
  id: string,
  call: Call,
): Promise<ContainerReport> {
  try {
    const asked = { path: `/${id}`, query: { fields: 'status_code,status' } }
    const { status_code, status = '' } = await askAs(account, asked, reportSchema, call)
    return { status: status_code, detail: status }
  } catch (error) {
    if (isNotFound(account, error)) return { status: 'MISSING', detail: '' }
    throw error
  }
}

function childFields(
  file: Media,
  index: number,
  settings: InstagramSettings,
  source: MediaSource,
): Fields {
  const isVideo = file.kind === 'video'
  return {
    is_carousel_item: 'true',
    ...(isVideo ? { media_type: 'VIDEO' } : { alt_text: file.altText }),
    ...fileField(file, source),
    user_tags: tagsOf(file, index, settings),
  }
}

function singleFields(draft: Draft, settings: InstagramSettings, source: MediaSource): Fields {
  const [file] = draft.media
  if (file === undefined) return {}
  const shared = { ...fileField(file, source), user_tags: tagsOf(file, 0, settings) }
  // Stories have no caption.
  if (settings.kind === 'story') return { media_type: 'STORIES', ...shared }
  const post = { ...shared, ...captionFields(draft, settings) }
  if (!isReel(draft.media, settings)) return { ...post, alt_text: file.altText }
  return { media_type: 'REELS', ...post, ...reelFields(draft, settings, source) }
}

/** A video meant for the feed is shown there, unless its settings say otherwise. */
function reelFields(draft: Draft, settings: InstagramSettings, source: MediaSource): Fields {
  const { kind = 'feed', thumb_offset: offsetMs } = settings
  const shared = settings.share_to_feed ?? (kind === 'feed' ? true : undefined)
  const cover = draft.attached.cover_media_id
  return {
    share_to_feed: shared === undefined ? undefined : String(shared),
    audio_name: settings.audio_name,
    ...(cover
      ? { cover_url: source.url(cover) }
      : { thumb_offset: offsetMs === undefined ? undefined : String(offsetMs) }),
  }
}

function captionFields({ text }: Draft, settings: InstagramSettings): Fields {
  const names = settings.collaborators?.map(bare)
  return {
    caption: text === '' ? undefined : text,
    location_id: settings.location_id,
    collaborators: names && names.length > 0 ? JSON.stringify(names) : undefined,
  }
}

function fileField(file: Media, source: MediaSource): Fields {
  const url = source.url(file)
  return file.kind === 'video' ? { video_url: url } : { image_url: url }
}

/** Tags on videos have no place. */
function tagsOf(file: Media, index: number, { user_tags: tags = [] }: InstagramSettings) {
  const own = tags.filter(({ media_index: at = 0 }) => at === index)
  if (own.length === 0) return undefined
  const isVideo = file.kind === 'video'
  return JSON.stringify(
    own.map(({ username, x, y }) => ({ username: bare(username), ...(isVideo ? {} : { x, y }) })),
  )
}

function bare(username: string): string {
  return username.replace(/^@/, '')
}

/** Stories have no caption. */
export function storyNotes({ text, settings }: Draft): Pick<Committed, 'warnings'> {
  if (settings.kind !== 'story' || text === '') return {}
  const message = 'Stories on Instagram have no caption: it was published without the text.'
  return { warnings: [{ code: 'instagram_story_without_text', message }] }
}
