import { z } from 'zod'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Committed, Confirmation, Connector, Warning } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { readYoutube } from './client.ts'
import { findComment } from './comment.ts'
import { isShort, youtubeSettings } from './limits.ts'
import { permalinkOf } from './permalink.ts'
import { askStanding } from './session.ts'
import { readState, sessionOf } from './upload.ts'

const SOON_MS = 2 * 60_000
const CHECK_SOON_MS = 5_000
const CHECK_LATER_MS = 60_000
/** A new video may be missing from lists for a while. */
const LIST_LAG_MS = 10 * 60_000
/** Hours of film take hours; what is still worked on then is there, and said to be unfinished. */
const PROCESSING_PATIENCE_MS = 6 * 60 * 60_000

interface Context {
  hosts: PlatformHosts
  timing: ConfirmTiming
  attempt: Attempt
  access: Access
  call: Call
}

/**
 * The session is the handle of an upload: it tells the video or the bytes that are missing. Only
 * when it is gone the channel's uploads are searched.
 */
export function makeYoutubeConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    const context = { hosts, timing, attempt, access, call }
    const { role } = attempt.draft
    // Additions may be made again at will.
    if (role === 'extra') return { outcome: 'absent' }
    if (role !== 'post') return findComment(context)
    const videoId = attempt.accepted?.video_id ?? readState(attempt.prepared)?.video_id
    return videoId === undefined ? searchUpload(context) : watch(context, videoId)
  }
}

async function searchUpload(context: Context): Promise<Confirmation> {
  const { hosts, attempt, access, call, timing } = context
  // Read before YouTube is asked: bytes that land while we ask must not be missed.
  const quiet = quietSince(attempt, timing)
  const session = sessionOf(hosts, attempt.prepared, access)
  const total = attempt.draft.media[0]?.bytes ?? 0
  const standing = session ? await askStanding(session, total, call) : 'gone'
  if (standing === 'gone') return searchUploads(context)
  if ('videoId' in standing) return watch(context, standing.videoId)
  if (quiet) return { outcome: 'absent' }
  return cannotTell('The rest of the video may still arrive at YouTube; Clarion looks again.')
}

const uploadsSchema = z.object({
  items: z
    .array(
      z.object({
        snippet: z.object({ title: z.string(), publishedAt: z.string().optional() }),
        contentDetails: z.object({ videoId: z.string() }),
      }),
    )
    .default([]),
})

/** https://developers.google.com/youtube/v3/docs/playlistItems/list; newest first, with a lag. */
async function searchUploads(context: Context): Promise<Confirmation> {
  const { hosts, attempt, access, call } = context
  const { title } = parseSettings(youtubeSettings, attempt.draft.settings)
  const query = {
    part: 'snippet,contentDetails',
    playlistId: uploadsPlaylist(access),
    maxResults: '50',
  }
  const { items } = await readYoutube(
    hosts,
    { path: 'playlistItems', query },
    uploadsSchema,
    access,
    call,
  )
  const from = windowStart(attempt)
  const excluded = new Set(attempt.excludedPostIds)
  const match = items.find(
    ({ snippet, contentDetails }) =>
      tidy(snippet.title) === tidy(title) &&
      new Date(snippet.publishedAt ?? 0) >= from &&
      !excluded.has(contentDetails.videoId),
  )
  if (match) return watch(context, match.contentDetails.videoId)
  return cannotTell('YouTube no longer knows the upload, and no such video is listed yet.')
}

/** Every channel UC… has its uploads in a playlist UU…, see `identify`. */
function uploadsPlaylist({ accountId, metadata }: Access): string {
  const known = metadata?.uploads_playlist_id
  return typeof known === 'string' ? known : accountId.replace(/^UC/, 'UU')
}

const videosSchema = z.object({
  items: z
    .array(
      z.object({
        status: z.object({
          uploadStatus: z.string(),
          privacyStatus: z.string().optional(),
          failureReason: z.string().optional(),
          rejectionReason: z.string().optional(),
        }),
      }),
    )
    .default([]),
})

type Status = z.output<typeof videosSchema>['items'][number]['status']

/** https://developers.google.com/youtube/v3/docs/videos#status.uploadStatus */
async function watch(context: Context, videoId: string): Promise<Confirmation> {
  const { hosts, access, call, timing, attempt } = context
  const query = { part: 'status', id: videoId }
  const read = await readYoutube(hosts, { path: 'videos', query }, videosSchema, access, call)
  const status = read.items[0]?.status
  const elapsedMs = timing.now().getTime() - attempt.startedAt.getTime()
  const checkAgainMs = elapsedMs < SOON_MS ? CHECK_SOON_MS : CHECK_LATER_MS
  if (status === undefined) {
    const message = 'YouTube took the video and does not list it yet.'
    if (elapsedMs < LIST_LAG_MS) return { outcome: 'processing', checkAgainMs, message }
    return cannotTell('YouTube took the video, but does not show it. Look at YouTube Studio.')
  }
  switch (status.uploadStatus) {
    case 'failed':
    case 'rejected':
    case 'deleted':
      return refused(status)
    case 'processed':
      return { outcome: 'found', post: published(context, videoId, status) }
    default:
      if (elapsedMs < PROCESSING_PATIENCE_MS) {
        const message = 'YouTube is processing the video.'
        return { outcome: 'processing', checkAgainMs, message }
      }
      return { outcome: 'found', post: published(context, videoId, status) }
  }
}

function published({ hosts, attempt }: Context, videoId: string, status: Status): Committed {
  const settings = parseSettings(youtubeSettings, attempt.draft.settings)
  const asked = settings.privacy_status ?? 'public'
  const warnings: Warning[] = []
  if (status.privacyStatus === 'private' && asked !== 'private') {
    const message =
      'YouTube locked the video as private: the Google project of this installation has not passed YouTube’s audit yet.'
    warnings.push({ code: 'youtube_locked_private', message })
  }
  if (status.uploadStatus !== 'processed') {
    const message = 'YouTube is still processing the video; it may not play yet.'
    warnings.push({ code: 'youtube_still_processing', message })
  }
  const [file] = attempt.draft.media
  const permalink = permalinkOf(hosts, videoId, file !== undefined && isShort(file))
  return { platformPostId: videoId, permalink, ...(warnings.length > 0 ? { warnings } : {}) }
}

/** https://developers.google.com/youtube/v3/docs/videos#status.failureReason */
const REASONS: Readonly<Record<string, string>> = {
  codec: 'its codec is not one that YouTube knows',
  conversion: 'it could not be converted',
  emptyFile: 'the file is empty',
  invalidFile: 'the file is not a video or is damaged',
  tooSmall: 'the file is too small',
  uploadAborted: 'the upload was broken off',
  claim: 'somebody claims its content',
  copyright: 'it infringes a copyright',
  duplicate: 'the channel has this very video already',
  inappropriate: 'YouTube finds it inappropriate',
  legal: 'of a legal complaint',
  length: 'it is longer than this channel may publish',
  termsOfUse: 'it breaks YouTube’s terms',
  trademark: 'it infringes a trademark',
  uploaderAccountClosed: 'the account is closed',
  uploaderAccountSuspended: 'the account is suspended',
}

function refused({ uploadStatus, failureReason, rejectionReason }: Status): Confirmation {
  if (uploadStatus === 'deleted') {
    const message = 'The video was deleted at YouTube before it was published.'
    return { outcome: 'refused', code: 'youtube_deleted', message }
  }
  const hasFailed = uploadStatus === 'failed'
  const reason = (hasFailed ? failureReason : rejectionReason) ?? ''
  const because = Object.hasOwn(REASONS, reason) ? `: ${REASONS[reason]}` : ''
  const what = hasFailed ? 'could not process' : 'rejected'
  const code = hasFailed ? 'youtube_processing_failed' : 'youtube_video_rejected'
  return { outcome: 'refused', code, message: `YouTube ${what} the video${because}.` }
}

function tidy(text: string): string {
  return text.normalize('NFC').trim()
}

function cannotTell(message: string): Confirmation {
  return { outcome: 'cannot_tell', message }
}
