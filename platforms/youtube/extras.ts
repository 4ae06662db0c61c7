import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import { ask } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { Committed, Content, Draft, PublishCall } from '../connector.ts'
import { mediaBody } from '../media.ts'
import { parseSettings } from '../settings.ts'
import { bearer, readYoutube, uploadHost, writeYoutube } from './client.ts'
import { thumbnailFailure, YOUTUBE_DIALECT } from './errors.ts'
import { youtubeSettings } from './limits.ts'

/** Tells `remove` that there is nothing to delete: additions go with the video. */
export const EXTRA = { kind: 'extra' } as const

/** Both may be done again at will, and their failure leaves a published video as it is. */
export function extrasOf({ settings, attached }: Content): string[] {
  const extras: string[] = []
  if (attached.thumbnail_media_id) extras.push('thumbnail')
  if (typeof settings.playlist_id === 'string') extras.push('playlist')
  return extras
}

export async function commitExtra(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: PublishCall,
): Promise<Committed> {
  const videoId = draft.root?.platformPostId
  if (videoId === undefined) {
    throw rejected({ code: 'youtube_not_found', message: 'There is no video to add to.' })
  }
  if (draft.extra === 'playlist') await addToPlaylist(hosts, draft, videoId, access, call)
  else await setThumbnail(hosts, draft, videoId, access, call)
  return { platformPostId: videoId, permalink: draft.root?.permalink ?? null, metadata: EXTRA }
}

/** https://developers.google.com/youtube/v3/docs/thumbnails/set (50 units); replaces the former. */
async function setThumbnail(
  hosts: PlatformHosts,
  draft: Draft,
  videoId: string,
  access: Access,
  call: PublishCall,
): Promise<void> {
  const file = draft.attached.thumbnail_media_id
  if (file === undefined) return
  const url = urlBelow(uploadHost(hosts), '/upload/youtube/v3/thumbnails/set', {
    videoId,
    uploadType: 'media',
  })
  const headers = { ...bearer(access), 'content-type': file.mimeType }
  const body = mediaBody(call.media, file)
  const dialect = { ...YOUTUBE_DIALECT, failureOf: thumbnailFailure }
  await ask(dialect, { method: 'POST', url, headers, body, trusted: true }, call)
}

const itemsSchema = z.object({ items: z.array(z.unknown()).default([]) })

/** A playlist would take the same video twice, so it is asked first. */
async function addToPlaylist(
  hosts: PlatformHosts,
  draft: Draft,
  videoId: string,
  access: Access,
  call: PublishCall,
): Promise<void> {
  const { playlist_id: playlistId } = parseSettings(youtubeSettings, draft.settings)
  const path = 'playlistItems'
  const query = { part: 'snippet', playlistId, videoId }
  const { items } = await readYoutube(hosts, { path, query }, itemsSchema, access, call)
  if (items.length > 0) return
  const json = { snippet: { playlistId, resourceId: { kind: 'youtube#video', videoId } } }
  await writeYoutube(
    hosts,
    { method: 'POST', path, query: { part: 'snippet' }, json },
    access,
    call,
  )
}
