import { type Answer, json, Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { callerOf, etag, partsOf, READ_SCOPES, READ_UNITS } from './access.ts'
import { badParameter, refusal } from './errors.ts'
import { canSee } from './own-video.ts'
import type { Video, Youtube } from './store.ts'

const DEFAULT_RESULTS = 5
const MAX_RESULTS = 50

const PARTS: Record<string, (video: Video, position: number) => unknown> = {
  id: () => undefined,
  snippet: ({ id, channel, metadata, published_at_ms }, position) => ({
    publishedAt: new Date(published_at_ms).toISOString(),
    channelId: channel,
    title: metadata.title,
    description: metadata.description,
    playlistId: `UU${channel.slice(2)}`,
    position,
    resourceId: { kind: 'youtube#video', videoId: id },
  }),
  contentDetails: ({ id, published_at_ms }) => ({
    videoId: id,
    videoPublishedAt: new Date(published_at_ms).toISOString(),
  }),
  status: ({ metadata }) => ({ privacyStatus: metadata.privacyStatus }),
}

/** GET /youtube/v3/playlistItems: the only playlists are those of uploads, newest first. */
export function listPlaylistItems(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, READ_SCOPES, READ_UNITS)
  const parts = partsOf(req, Object.keys(PARTS))
  const playlist = req.query.get('playlistId') ?? ''
  const owner = youtube.site.store.state.accounts.byId('youtube', `UC${playlist.slice(2)}`)
  if (owner === undefined || !playlist.startsWith('UU')) {
    const message = 'The playlist identified with the request cannot be found.'
    throw refusal(404, 'playlistNotFound', message, 'youtube.playlistItem')
  }
  const videos = [...youtube.videos.values()]
    .filter((video) => video.channel === owner.account_id && canSee(video, channel))
    .reverse()
  const size = numberOf(req, 'maxResults', DEFAULT_RESULTS)
  const start = numberOf(req, 'pageToken', 0)
  const items = videos.slice(start, start + size).map((video, index) => {
    const shown = parts.map((part) => [part, PARTS[part]?.(video, start + index)])
    const id = Buffer.from(`${playlist}.${video.id}`).toString('base64url')
    return { kind: 'youtube#playlistItem', etag: etag(id), id, ...Object.fromEntries(shown) }
  })
  const nextPageToken = start + size < videos.length ? String(start + size) : undefined
  return json(200, {
    kind: 'youtube#playlistItemListResponse',
    etag: etag(JSON.stringify(items)),
    nextPageToken,
    items,
    pageInfo: { totalResults: videos.length, resultsPerPage: size },
  })
}

function numberOf(req: ApiRequest, name: 'maxResults' | 'pageToken', otherwise: number): number {
  const text = req.query.get(name)
  if (text === null) return otherwise
  const isFine = /^\d{1,6}$/.test(text) && (name === 'pageToken' || Number(text) <= MAX_RESULTS)
  if (isFine) return Number(text)
  const domain = 'youtube.parameter'
  const reason = name === 'pageToken' ? 'invalidPageToken' : 'invalidValue'
  throw new Refusal(
    badParameter({ message: `Invalid value '${text}'`, domain, reason, location: name }),
  )
}
