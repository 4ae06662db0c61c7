import { z } from 'zod'
import { type PlatformFailure, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { ask, type Effect, transportFailure } from '../ask.ts'
import { sameOrigin, urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Draft, PublishCall } from '../connector.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import { type ByteRange, mediaBody } from '../media.ts'
import { parseSettings } from '../settings.ts'
import { bearer, readYoutubeJson, uploadHost } from './client.ts'
import { YOUTUBE_DIALECT } from './errors.ts'
import { youtubeSettings } from './limits.ts'

/** https://developers.google.com/youtube/v3/docs/videoCategories: People & Blogs */
const USUAL_CATEGORY = '22'

const CHUNK_TIMEOUT_MS = 5 * 60_000
/** Not longer than the quiet time of `confirm`: no byte may follow a verdict of absence. */
const COMMIT_TIMEOUT_MS = 60_000

const videoSchema = z.object({ id: z.string().min(1) })

/** Where an upload session stands: at a byte, done, or unknown to YouTube (any more). */
export type Standing = { nextByte: number } | { videoId: string } | 'gone'

/** A session of YouTube: whoever knows its address may write, so it is a secret. */
export interface Session {
  uri: string
  hosts: PlatformHosts
  access: Pick<Access, 'accessToken'>
}

/**
 * Opens a session, which publishes nothing. Its address is the answer's `Location`.
 * https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol
 */
export async function openSession(
  hosts: PlatformHosts,
  draft: Draft,
  file: Media,
  access: Access,
  call: Call,
): Promise<string> {
  const { notify_subscribers: notify } = parseSettings(youtubeSettings, draft.settings)
  const url = urlBelow(uploadHost(hosts), '/upload/youtube/v3/videos', {
    uploadType: 'resumable',
    part: 'snippet,status',
    notifySubscribers: notify === undefined ? undefined : String(notify),
  })
  const headers = {
    ...bearer(access),
    'content-type': 'application/json; charset=UTF-8',
    'x-upload-content-length': String(file.bytes),
    'x-upload-content-type': file.mimeType,
  }
  const request = { method: 'POST' as const, url, headers, json: videoOf(draft), trusted: true }
  const answer = await ask(YOUTUBE_DIALECT, request, call)
  const location = answer.headers.get('location')
  const uri = location ? URL.parse(location, url.href) : null
  if (uri) return uri.href
  const message = 'YouTube answered in a form that Clarion does not know.'
  throw transient({ code: 'unreadable_answer', message, httpStatus: answer.status })
}

/** https://developers.google.com/youtube/v3/docs/videos#resource */
function videoOf(draft: Draft): Record<string, unknown> {
  const settings = parseSettings(youtubeSettings, draft.settings)
  return {
    snippet: {
      title: settings.title,
      description: draft.text,
      tags: settings.tags,
      categoryId: settings.category_id ?? USUAL_CATEGORY,
      defaultLanguage: settings.default_language,
    },
    status: {
      privacyStatus: settings.privacy_status ?? 'public',
      selfDeclaredMadeForKids: settings.made_for_kids,
      containsSyntheticMedia: settings.contains_synthetic_media,
      license: settings.license,
      embeddable: settings.embeddable,
      publicStatsViewable: settings.public_stats_viewable,
    },
  }
}

/** Asks YouTube which bytes it has. */
export async function askStanding(session: Session, total: number, call: Call): Promise<Standing> {
  const headers = { 'content-range': `bytes */${total}` }
  const answer = await put(session, { headers, body: new Uint8Array(0) }, call, 'repeatable')
  return standingOf(answer, 'repeatable')
}

/** Sends a range; a session that is gone throws, for then no video came of it. */
export async function sendRange(
  session: Session,
  { file, range }: { file: Media; range: ByteRange },
  call: PublishCall,
  effect: Effect,
): Promise<Exclude<Standing, 'gone'>> {
  const headers = {
    'content-type': file.mimeType,
    'content-range': `bytes ${range.start}-${range.end - 1}/${file.bytes}`,
  }
  const timeoutMs = effect === 'irreversible' ? COMMIT_TIMEOUT_MS : CHUNK_TIMEOUT_MS
  const body = mediaBody(call.media, file, range)
  const standing = standingOf(
    await put(session, { headers, body, timeoutMs }, call, effect),
    effect,
  )
  if (standing === 'gone') throw sessionGone()
  return standing
}

/** 308 is an answer here and no redirect, so that `ask` is not of use. */
async function put(
  { uri, hosts, access }: Session,
  request: Pick<HttpRequest, 'headers' | 'body' | 'timeoutMs'>,
  call: Call,
  effect: Effect,
): Promise<HttpAnswer> {
  // The address came from YouTube's answer: the token goes nowhere but to the configured host.
  const isOurs = sameOrigin(uri, uploadHost(hosts))
  const headers = { ...request.headers, ...(isOurs ? bearer(access) : {}) }
  const sent = { ...request, method: 'PUT' as const, url: uri, headers, signal: call.signal }
  const guard = effect === 'irreversible' && call.sendBefore ? { sendBefore: call.sendBefore } : {}
  try {
    return await call.http.request({ ...sent, ...guard })
  } catch (error) {
    throw transportFailure(YOUTUBE_DIALECT.platformName, error, effect)
  }
}

function standingOf(answer: HttpAnswer, effect: Effect): Standing {
  const { status } = answer
  if (status === 200 || status === 201) {
    return { videoId: readYoutubeJson(answer, videoSchema, effect).id }
  }
  if (status === 308) {
    // Without the header nothing was stored.
    const last = /^bytes=0-(\d+)$/.exec(answer.headers.get('range')?.trim() ?? '')?.[1]
    return { nextByte: last === undefined ? 0 : Number(last) + 1 }
  }
  if (status === 404 || status === 410) return 'gone'
  throw YOUTUBE_DIALECT.failureOf(answer, effect)
}

/** Safe to start over: there is no video before its last byte. */
export function sessionGone(): PlatformFailure {
  return transient({
    code: 'youtube_upload_expired',
    message: 'YouTube ended the upload before all of the video had arrived. It starts again.',
    startOver: true,
  })
}
