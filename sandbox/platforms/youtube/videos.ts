import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  callerOf,
  etag,
  partsOf,
  READ_SCOPES,
  READ_UNITS,
  WRITE_SCOPES,
  WRITE_UNITS,
} from './access.ts'
import { badParameter } from './errors.ts'
import { changedMetadata } from './metadata.ts'
import { canSee, ownVideo } from './own-video.ts'
import { PARTS, presentVideo } from './present-video.ts'
import type { Video, Youtube } from './store.ts'

const MAX_IDS = 50

/** GET /youtube/v3/videos?id=: absent, deleted and other people's private ones are left out. */
export function listVideos(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, READ_SCOPES, READ_UNITS)
  const parts = partsOf(req, Object.keys(PARTS))
  const ids = (req.query.get('id') ?? '').split(',').filter((one) => one !== '')
  if (ids.length === 0 || ids.length > MAX_IDS) throw badIds(ids.length)
  const found = [...new Set(ids)].flatMap((id) => youtube.videos.get(id) ?? [])
  const seen = found.filter((video) => canSee(video, channel))
  if (asksForState(req)) for (const video of seen) advance(youtube, req, video)
  const items = seen.map((video) => presentVideo(video, parts))
  return json(200, {
    kind: 'youtube#videoListResponse',
    etag: etag(JSON.stringify(items)),
    items,
    pageInfo: { totalResults: items.length, resultsPerPage: items.length },
  })
}

/** Whether a list is a look at the state of the processing. */
export function asksForState(req: Pick<ApiRequest, 'query'>): boolean {
  const parts = (req.query.get('part') ?? '').split(',')
  return parts.includes('status') || parts.includes('processingDetails')
}

/** PUT /youtube/v3/videos: a part that is named is replaced whole. */
export function updateVideo(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, WRITE_SCOPES, WRITE_UNITS)
  const parts = partsOf(req, Object.keys(PARTS))
  const video = ownVideo(youtube, textField(req.body, 'id') ?? '', channel)
  video.metadata = changedMetadata(req, parts, video.metadata)
  const { description, title } = video.metadata
  youtube.site.store.state.posts.edit('youtube', video.id, description || title)
  return json(200, presentVideo(video, parts))
}

/** DELETE /youtube/v3/videos?id= */
export function deleteVideo(youtube: Youtube, req: ApiRequest): Answer {
  const { channel } = callerOf(youtube.site, req, WRITE_SCOPES, WRITE_UNITS)
  const video = ownVideo(youtube, req.query.get('id') ?? '', channel)
  youtube.videos.delete(video.id)
  youtube.site.store.state.posts.delete('youtube', video.id, req.nowMs)
  return { status: 204 }
}

/** One look, with which processing ends unless it is to take longer. */
export function advance({ site }: Youtube, req: ApiRequest, video: Video): void {
  if (video.upload_status !== 'uploaded' || req.fault === 'processing') return
  if (req.fault === 'refuse') video.reason ??= 'codec'
  else if (video.polls_left > 0) {
    video.polls_left -= 1
    return
  }
  if (video.reason === null) {
    video.upload_status = 'processed'
    return
  }
  video.upload_status = video.reason === 'duplicate' ? 'rejected' : 'failed'
  // Nobody will ever see it.
  site.store.state.posts.delete('youtube', video.id, req.nowMs)
}

function badIds(count: number): Refusal {
  if (count > MAX_IDS) {
    const message = 'The request specifies too many ids.'
    return new Refusal(
      badParameter({
        message,
        domain: 'youtube.parameter',
        reason: 'invalidValue',
        location: 'id',
      }),
    )
  }
  const message = 'No filter selected. Expected one of: id, myRating, chart'
  const reason = 'missingRequiredParameter'
  return new Refusal(badParameter({ message, domain: 'youtube.parameter', reason, location: '' }))
}
