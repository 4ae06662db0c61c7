import { z } from 'zod'
import type { Call } from '../call.ts'
import { askAs, isNotFound, type MetaAccount } from '../meta/account.ts'
import { metaId } from '../meta/fields.ts'
import { withoutSecrets } from '../meta/problem.ts'

const phase = z
  .looseObject({
    status: z.string().optional(),
    publish_status: z.string().optional(),
    bytes_transferred: z.coerce.number().optional(),
    errors: z.array(z.looseObject({ message: z.string().optional() })).optional(),
    error: z.looseObject({ message: z.string().optional() }).optional(),
  })
  .optional()

/** https://developers.facebook.com/docs/graph-api/reference/video-status */
const videoSchema = z.object({
  post_id: metaId.or(z.string().regex(/^\d+_\d+$/)).optional(),
  permalink_url: z.string().optional(),
  status: z
    .object({
      video_status: z.string().optional(),
      uploading_phase: phase,
      processing_phase: phase,
      publishing_phase: phase,
    })
    .optional(),
})

/** What Facebook says of a video that it was given. */
export interface VideoStatus {
  /**
   * `waiting`: no sign that its upload was ever finished. `busy`: being processed, which may begin
   * before that. `finished`: on its way to the public. `gone`: expired or unknown.
   */
  stage: 'waiting' | 'busy' | 'finished' | 'published' | 'failed' | 'gone'
  /** Bytes that it holds; undefined when it does not say. */
  bytes: number | undefined
  postId: string | undefined
  permalink: string | undefined
  /** Why it failed, in Facebook's words. */
  why: string
}

export async function readVideo(
  account: MetaAccount,
  videoId: string,
  call: Call,
): Promise<VideoStatus> {
  const asked = { path: `/${videoId}`, query: { fields: 'status,post_id,permalink_url' } }
  try {
    return toStatus(await askAs(account, asked, videoSchema, call))
  } catch (error) {
    if (!isNotFound(account, error)) throw error
    const nothing = { bytes: undefined, postId: undefined, permalink: undefined, why: '' }
    return { stage: 'gone', ...nothing }
  }
}

function toStatus(video: z.output<typeof videoSchema>): VideoStatus {
  return {
    stage: stageOf(video.status),
    bytes: video.status?.uploading_phase?.bytes_transferred,
    postId: video.post_id,
    permalink: video.permalink_url,
    why: whyOf(video.status),
  }
}

type Status = z.output<typeof videoSchema>['status']

function stageOf(status: Status): VideoStatus['stage'] {
  const phases = phasesOf(status)
  const [, processing, publishing] = phases
  const { video_status: whole } = status ?? {}
  if (whole === 'error' || phases.some((one) => one?.status === 'error')) return 'failed'
  if (whole === 'expired') return 'gone'
  if (publishing?.status === 'complete') return 'published'
  if (whole === 'ready' && publishing === undefined) return 'published'
  // What is to become of it is known only once its upload was finished.
  const isFinished =
    publishing?.status === 'in_progress' || publishing?.publish_status === 'published'
  if (isFinished) return 'finished'
  return processing?.status === 'in_progress' ? 'busy' : 'waiting'
}

function phasesOf(status: Status) {
  return [status?.uploading_phase, status?.processing_phase, status?.publishing_phase]
}

function whyOf(status: Status): string {
  const found = phasesOf(status).flatMap((one) => [one?.error?.message, one?.errors?.[0]?.message])
  return withoutSecrets(found.find((message) => message !== undefined) ?? '')
}
