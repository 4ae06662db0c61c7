import { etag } from './access.ts'
import type { Video } from './store.ts'

/** What each part of a video shows: https://developers.google.com/youtube/v3/docs/videos */
export const PARTS: Record<string, (video: Video) => unknown> = {
  id: () => undefined,
  snippet,
  status,
  processingDetails,
  contentDetails: ({ duration_ms }) => ({
    duration: `PT${Math.round(duration_ms / 1000)}S`,
    dimension: '2d',
    definition: 'hd',
    caption: 'false',
  }),
  fileDetails: ({ bytes }) => ({ fileSize: String(bytes), fileType: 'video' }),
  statistics: () => ({ viewCount: '0', likeCount: '0', favoriteCount: '0', commentCount: '0' }),
  player: ({ id }) => ({ embedHtml: `<iframe src="//www.youtube.com/embed/${id}"></iframe>` }),
  recordingDetails: () => ({}),
  localizations: () => undefined,
}

export function presentVideo(video: Video, parts: readonly string[]): Record<string, unknown> {
  const shown = parts.map((part) => [part, PARTS[part]?.(video)])
  const { id } = video
  return { kind: 'youtube#video', etag: etag(id), id, ...Object.fromEntries(shown) }
}

function snippet({ id, channel, metadata, published_at_ms, thumbnail }: Video): unknown {
  const { title, description, tags, categoryId, defaultLanguage } = metadata
  const picture = thumbnail === null ? 'default' : `custom-${thumbnail.slice(0, 8)}`
  return {
    publishedAt: new Date(published_at_ms).toISOString(),
    channelId: channel,
    title,
    description,
    thumbnails: { default: { url: `https://i.ytimg.com/vi/${id}/${picture}.jpg` } },
    ...(tags.length === 0 ? {} : { tags }),
    categoryId,
    liveBroadcastContent: 'none',
    ...(defaultLanguage === null ? {} : { defaultLanguage }),
    localized: { title, description },
  }
}

function status({ metadata, upload_status, reason }: Video): unknown {
  const { selfDeclaredMadeForKids, publishAt } = metadata
  return {
    uploadStatus: upload_status,
    ...(upload_status === 'failed' ? { failureReason: reason } : {}),
    ...(upload_status === 'rejected' ? { rejectionReason: reason } : {}),
    privacyStatus: metadata.privacyStatus,
    ...(publishAt === null ? {} : { publishAt }),
    license: metadata.license,
    embeddable: metadata.embeddable,
    publicStatsViewable: metadata.publicStatsViewable,
    madeForKids: selfDeclaredMadeForKids === true,
    ...(selfDeclaredMadeForKids === null ? {} : { selfDeclaredMadeForKids }),
    containsSyntheticMedia: metadata.containsSyntheticMedia,
  }
}

function processingDetails({ upload_status, reason }: Video): unknown {
  if (upload_status === 'uploaded') return { processingStatus: 'processing' }
  if (upload_status === 'processed') return { processingStatus: 'succeeded' }
  if (upload_status === 'rejected') return { processingStatus: 'terminated' }
  return {
    processingStatus: 'failed',
    processingFailureReason: reason === 'invalidFile' ? 'transcodeFailed' : 'other',
  }
}
