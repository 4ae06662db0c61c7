import { z } from 'zod'
import { PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import { type Dialect, jsonOrUndefined, readJson } from '../ask.ts'
import type { Access, PlatformHosts } from '../call.ts'
import type { PublishCall, Workbench } from '../connector.ts'
import { serviceHost } from '../hosts.ts'
import type { HttpAnswer } from '../http.ts'
import { mediaBody } from '../media.ts'
import { type Progress, untilProcessed } from '../processing.ts'
import type { BlueskyClient } from './client.ts'
import { BLUESKY_DIALECT, blueskyFailure, NOT_OFFERED } from './errors.ts'
import { type Blob, blobSchema } from './prepared-state.ts'

/** What preparing a record needs. */
export interface Preparation {
  hosts: PlatformHosts
  client: BlueskyClient
  access: Access
  call: PublishCall
  bench: Workbench
  now(): Date
}

/** The upload and the storing of its result happen under the same token. */
const TOKEN_SECONDS = 30 * 60

const jobSchema = z.object({
  jobId: z.string().min(1),
  state: z.string().optional(),
  blob: blobSchema.optional(),
  error: z.string().optional(),
  failureCode: z.string().optional(),
  message: z.string().optional(),
})
/** The lexicon nests the job, the service has been seen not to. */
const answerSchema = z.union([
  z.object({ jobStatus: jobSchema }).transform(({ jobStatus }) => jobStatus),
  jobSchema,
])
const limitsSchema = z.object({ canUpload: z.boolean(), message: z.string().optional() })
const tokenSchema = z.object({ token: z.string().min(1) })

type Job = z.output<typeof jobSchema>

/**
 * Hands a video to the video service, which stores it in the account's repository, and returns the
 * job. Undefined: this server has no such service. https://docs.bsky.app/docs/tutorials/video
 */
export async function uploadVideo(work: Preparation, media: Media): Promise<string | undefined> {
  const { hosts, client, access, call } = work
  try {
    await assertMayUpload(work)
    const pds = didOf(access.serviceUrl ?? hosts.apiBaseUrl)
    const token = await serviceToken(work, pds, 'com.atproto.repo.uploadBlob')
    const known: { job?: Job } = {}
    const file = { body: mediaBody(call.media, media), mimeType: media.mimeType }
    const query = { did: access.accountId, name: media.fileName }
    const xrpc = { ...serviceCall(work, token), dialect: keepingJob(known) }
    try {
      const answer = await client.upload(xrpc, 'app.bsky.video.uploadVideo', file, query)
      return readJson(BLUESKY_DIALECT, answer, answerSchema).jobId
    } catch (error) {
      // The same bytes were uploaded before: their job is as good as a new one.
      if (known.job && error instanceof PlatformFailure && error.httpStatus === 409) {
        return known.job.jobId
      }
      throw error
    }
  } catch (error) {
    if (isWithoutService(error)) return undefined
    throw error
  }
}

/** Waits for the stored video of a job. */
export async function awaitVideo(work: Preparation, jobId: string, media: Media): Promise<Blob> {
  const look = async (): Promise<Progress<Blob>> => {
    const xrpc = serviceCall(work)
    const answer = await work.client.query(xrpc, 'app.bsky.video.getJobStatus', { jobId })
    return progressOf(readJson(BLUESKY_DIALECT, answer, answerSchema), media)
  }
  return untilProcessed(work.bench, look, () =>
    transient({
      code: 'bluesky_still_processing',
      message: 'Bluesky is still working on the video. Clarion looks again.',
    }),
  )
}

/** Trouble of the service, not of the video: https://docs.bsky.app/docs/tutorials/video */
const RETRIED_FAILURES = ['pds_upload_failure', 'generic_failure']

function progressOf(job: Job, media: Media): Progress<Blob> {
  if (job.blob) return { done: job.blob }
  if (job.state !== 'JOB_STATE_FAILED') return {}
  const reason = job.failureCode ?? job.error ?? ''
  if (RETRIED_FAILURES.includes(reason)) {
    const message = 'The video service of Bluesky had a problem. The video is uploaded again.'
    throw transient({ code: 'bluesky_video_interrupted', message, startOver: true })
  }
  const words = (job.message ?? reason).slice(0, 200)
  throw rejected({
    code: 'bluesky_processing_failed',
    message: `Bluesky could not process “${media.fileName}”${words ? ` (${words})` : ''}. Convert it to MP4 with H.264 and AAC, or make it smaller.`,
  })
}

/** https://docs.bsky.app/docs/api/app-bsky-video-get-upload-limits; only a clear no counts. */
async function assertMayUpload(work: Preparation): Promise<void> {
  const nsid = 'app.bsky.video.getUploadLimits'
  const token = await serviceToken(work, didOf(serviceHost(work.hosts, 'video')), nsid)
  const limits = await work.client.query(serviceCall(work, token), nsid, {}).catch((error) => {
    if (error instanceof PlatformFailure && error.kind !== 'rate_limited') return undefined
    throw error
  })
  const parsed = limitsSchema.safeParse(limits && jsonOrUndefined(limits))
  if (!parsed.success || parsed.data.canUpload) return
  throw rejected({
    code: 'bluesky_video_not_allowed',
    message: `Bluesky takes no video of this account now: ${parsed.data.message?.slice(0, 200) ?? 'the daily limit is reached or its e-mail address is not verified.'}`,
  })
}

/** https://docs.bsky.app/docs/api/com-atproto-server-get-service-auth */
async function serviceToken(
  { client, access, call, now }: Preparation,
  aud: string,
  lxm: string,
): Promise<string> {
  const exp = String(Math.floor(now().getTime() / 1000) + TOKEN_SECONDS)
  const xrpc = { serviceUrl: access.serviceUrl, access, call }
  const answer = await client.query(xrpc, 'com.atproto.server.getServiceAuth', { aud, lxm, exp })
  return readJson(BLUESKY_DIALECT, answer, tokenSchema).token
}

function serviceCall({ hosts, call }: Preparation, token?: string) {
  const access = token && { accessToken: token, tokenType: 'bearer', secrets: {} }
  return { serviceUrl: serviceHost(hosts, 'video'), call, ...(access ? { access } : {}) }
}

/** https://w3c-ccg.github.io/did-method-web/: the colon of a port is escaped. */
function didOf(serviceUrl: string): string {
  return `did:web:${encodeURIComponent(new URL(serviceUrl).host)}`
}

/** Keeps the job that a refusal names: “already exists” says which one. */
function keepingJob(known: { job?: Job }): Dialect {
  return {
    ...BLUESKY_DIALECT,
    failureOf: (answer: HttpAnswer, effect) => {
      const parsed = answerSchema.safeParse(jsonOrUndefined(answer))
      if (parsed.success) known.job = parsed.data
      return blueskyFailure(answer, effect)
    },
  }
}

/** A server that issues no tokens for services, or one that the service does not work for. */
function isWithoutService(error: unknown): boolean {
  if (!(error instanceof PlatformFailure)) return false
  if (error.code === NOT_OFFERED) return true
  if (error.code === 'bluesky_video_not_allowed') return false
  return [401, 403, 404, 501].includes(error.httpStatus ?? 0)
}
