import { z } from 'zod'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Attempt, Confirmation, Connector } from '../connector.ts'
import { type ConfirmTiming, quietSince, windowStart } from '../timing.ts'
import { isPhotoPost } from './limits.ts'
import { settingsOf, unusedWords } from './post.ts'
import { postingProblem } from './posting-problem.ts'
import { knownPublishStatus, type PublishStatus } from './publish-status.ts'
import { askTiktok } from './request.ts'
import { readUpload } from './upload.ts'

/** https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status: 30 a minute */
const CHECK_AGAIN_MS = 5_000
const CHECK_LATER_MS = 30_000
const SOON_MS = 2 * 60_000
/** Public posts get their id after about a minute of moderation, some after hours, private never. */
const ID_PATIENCE_MS = 3 * 60_000

const PAGE_SIZE = 20
const MAX_PAGES = 5

interface Context {
  hosts: PlatformHosts
  timing: ConfirmTiming
  attempt: Attempt
  access: Access
  call: Call
}

/** By publish id, which tells everything; a photo post whose answer was lost has none. */
export function makeTiktokConfirm(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
): NonNullable<Connector['confirm']> {
  return async (attempt, access, call) => {
    const context = { hosts, timing, attempt, access, call }
    const publishId = attempt.accepted?.publish_id ?? readUpload(attempt.prepared)?.publish_id
    if (publishId === undefined) return searchVideos(context)
    // Read before the status: bytes that land while we read must not be missed.
    const quiet = quietSince(attempt, timing)
    const seen = await knownPublishStatus(hosts, publishId, access, call)
    if (seen) return judge(context, publishId, seen, quiet)
    return cannotTell('TikTok no longer tells what became of this post. Look at the account.')
  }
}

function judge(
  context: Context,
  publishId: string,
  seen: PublishStatus,
  quiet: boolean,
): Confirmation {
  const { attempt } = context
  switch (seen.status) {
    case 'FAILED':
      return failed(seen.failReason)
    case 'SEND_TO_USER_INBOX':
      return inInbox(attempt, publishId)
    case 'PUBLISH_COMPLETE':
      return published(context, publishId, seen.postIds)
    case 'PROCESSING_UPLOAD':
      return lacksBytes(attempt, seen) ? incomplete(context, quiet) : working(context)
    default:
      return working(context)
  }
}

function lacksBytes({ draft, accepted }: Attempt, { uploadedBytes }: PublishStatus): boolean {
  const total = draft.media[0]?.bytes
  if (uploadedBytes === undefined || total === undefined) return false
  return accepted === undefined && uploadedBytes < total
}

/** The last chunk never arrived, so there is no post; `prepare` continues where TikTok stands. */
function incomplete(context: Context, quiet: boolean): Confirmation {
  return quiet ? { outcome: 'absent' } : working(context)
}

function working({ attempt, timing }: Context): Confirmation {
  const message = 'TikTok is still working on the post.'
  return { outcome: 'processing', checkAgainMs: checkAgainMs(attempt, timing), message }
}

function checkAgainMs({ startedAt }: Attempt, timing: ConfirmTiming): number {
  const elapsedMs = timing.now().getTime() - startedAt.getTime()
  return elapsedMs < SOON_MS ? CHECK_AGAIN_MS : CHECK_LATER_MS
}

/** A failure of TikTok's own is terminal and nothing was posted: it may be sent again. */
function failed(reason: string): Confirmation {
  if (reason === 'internal' || reason === 'internal_error') return { outcome: 'absent' }
  const known = postingProblem(reason)
  const code = known?.code ?? 'tiktok_processing_failed'
  const message = known?.message ?? `TikTok could not publish the post (${reason || 'no reason'}).`
  return { outcome: 'refused', code, message }
}

function inInbox({ draft }: Attempt, publishId: string): Confirmation {
  const waits = {
    code: 'tiktok_waits_in_inbox',
    message: 'The draft is in the TikTok inbox of the account. Finish it there within 24 hours.',
  }
  const warnings = [waits, ...unusedWords(draft)]
  const post = { platformPostId: publishId, permalink: null, warnings }
  return { outcome: 'found', post }
}

function published(
  { hosts, attempt, access, timing }: Context,
  publishId: string,
  [postId]: readonly string[],
): Confirmation {
  const { draft } = attempt
  const metadata = { publish_id: publishId }
  const warnings = unusedWords(draft)
  if (postId !== undefined) {
    const user = usernameOf(attempt) ?? access.accountHandle
    const kind = isPhotoPost(draft.media) ? 'photo' : 'video'
    const web = hosts.webBaseUrl ?? 'https://www.tiktok.com'
    const permalink = `${web}/@${encodeURIComponent(user)}/${kind}/${postId}`
    const post = { platformPostId: postId, permalink, metadata, ...some(warnings) }
    return { outcome: 'found', post }
  }
  const isPrivate = settingsOf(draft).privacy_level === 'SELF_ONLY'
  const elapsedMs = timing.now().getTime() - attempt.startedAt.getTime()
  if (!isPrivate && elapsedMs < ID_PATIENCE_MS) {
    const message = 'TikTok has published the post and is still checking it.'
    return { outcome: 'processing', checkAgainMs: CHECK_AGAIN_MS, message }
  }
  const unseen = {
    code: 'tiktok_no_link',
    message: isPrivate
      ? 'TikTok gives no link to private posts.'
      : 'TikTok published the post and still checks it, so there is no link to it yet.',
  }
  const post = { platformPostId: publishId, permalink: null, metadata }
  return { outcome: 'found', post: { ...post, warnings: [unseen, ...warnings] } }
}

function usernameOf({ prepared }: Attempt): string | undefined {
  const username = prepared?.state.username
  return typeof username === 'string' ? username : undefined
}

function some<T>(warnings: readonly T[]): { warnings?: readonly T[] } {
  return warnings.length > 0 ? { warnings } : {}
}

const videosSchema = z.object({
  data: z.object({
    videos: z
      .array(
        z.object({
          id: z.union([z.string(), z.number()]).transform(String),
          title: z.string().nullish(),
          video_description: z.string().nullish(),
          create_time: z.number(),
          share_url: z.string().nullish(),
        }),
      )
      .default([]),
    cursor: z.union([z.number(), z.string()]).nullish(),
    has_more: z.boolean().default(false),
  }),
})

/**
 * Absence is not provable: drafts and private posts are not listed, and TikTok may fetch the files
 * for an hour. https://developers.tiktok.com/doc/tiktok-api-v2-video-list
 */
async function searchVideos({ hosts, attempt, access, call }: Context): Promise<Confirmation> {
  const from = windowStart(attempt).getTime() / 1000
  const words = wordsOf(attempt)
  const excluded = new Set(attempt.excludedPostIds)
  let cursor: number | string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const request = {
      path: '/v2/video/list/',
      query: { fields: 'id,title,video_description,create_time,share_url' },
      json: { max_count: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) },
    }
    const { data } = await askTiktok(hosts, request, videosSchema, access, { call })
    const inside = data.videos.filter((video) => video.create_time >= from)
    const match = inside.find(
      ({ id, title, video_description }) =>
        !excluded.has(id) && [title, video_description].some((one) => one && words.has(tidy(one))),
    )
    if (match) {
      const { id: platformPostId, share_url } = match
      return { outcome: 'found', post: { platformPostId, permalink: share_url || null } }
    }
    if (!data.has_more || inside.length < data.videos.length) break
    cursor = data.cursor ?? undefined
  }
  return cannotTell(
    'TikTok may have taken the post: its answer was lost. Look at the posts and the inbox of the account.',
  )
}

/** The list may show title, description or both as one. */
function wordsOf({ draft }: Attempt): Set<string> {
  const { title = '', description = '' } = settingsOf(draft)
  const text = draft.text || description
  const forms = [title, text, `${title} ${text}`, `${title}\n${text}`].map(tidy)
  return new Set(forms.filter((form) => form !== ''))
}

function tidy(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim()
}

function cannotTell(message: string): Confirmation {
  return { outcome: 'cannot_tell', message }
}
