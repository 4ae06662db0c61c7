import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { makePdf, makeVideo, type VideoOptions } from '../../../test/support/media-files.ts'
import { login, post, put, type Session } from '../../testing/bluesky-login.ts'
import { call, makeClock, pick, withSandbox } from '../../testing/http.ts'

const UPLOAD = 'com.atproto.repo.uploadBlob'
const SMALL: VideoOptions = { width: 320, height: 240, durationMs: 1000, bytes: 20_000 }

interface Asked {
  aud: string
  lxm?: string
  exp?: string
}

function serviceAuth(url: string, session: Session, query: Asked) {
  const asked = new URLSearchParams({ ...query })
  return call(`${url}/xrpc/com.atproto.server.getServiceAuth?${asked}`, { bearer: session.access })
}

async function serviceToken(url: string, session: Session, aud = didOf(url), lxm = UPLOAD) {
  return pick((await serviceAuth(url, session, { aud, lxm })).body, 'token')
}

function didOf(url: string): string {
  return `did:web:${new URL(url).host.replace(':', '%3A')}`
}

async function upload(url: string, session: Session, path: string, bearer: string) {
  return call(`${url}/bluesky/xrpc/app.bsky.video.uploadVideo?did=${session.did}&name=a.mp4`, {
    bearer,
    body: new Uint8Array(await readFile(path)),
    headers: { 'content-type': 'video/mp4' },
  })
}

function jobStatus(url: string, jobId: string) {
  return call(`${url}/bluesky/xrpc/app.bsky.video.getJobStatus?jobId=${jobId}`)
}

describe('the video service', () => {
  test('a video becomes a blob that a post may use, and the same bytes are known again', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const { path, facts } = await makeVideo(SMALL)
      const bearer = await serviceToken(url, session)
      const job = await upload(url, session, path, bearer)
      expect([job.status, job.body]).toEqual([
        200,
        {
          jobId: expect.any(String),
          did: session.did,
          state: 'JOB_STATE_CREATED',
          progress: expect.any(Number),
        },
      ])
      const jobId = pick(job.body, 'jobId')
      const done = await jobStatus(url, jobId)
      expect(done.body).toMatchObject({
        jobStatus: {
          state: 'JOB_STATE_COMPLETED',
          blob: { mimeType: 'video/mp4', size: facts.bytes },
        },
      })
      const again = await upload(url, session, path, bearer)
      expect([again.status, again.body]).toEqual([
        409,
        expect.objectContaining({
          error: 'already_exists',
          message: 'Video already processed',
          jobId,
        }),
      ])
      const video = Object(Object(done.body).jobStatus).blob
      const embed = { embed: { $type: 'app.bsky.embed.video', video, alt: 'A film' } }
      const made = await put(url, session, '3lztksnhlfs2k', post('', embed))
      expect(made.status).toBe(200)
      const truth = await call(`${url}/_sandbox/posts?platform=bluesky`)
      expect(truth.body).toMatchObject({ data: [{ media: [facts.sha256] }] })
      const seen = await call(`${url}/xrpc/app.bsky.feed.getPosts?uris=${pick(made.body, 'uri')}`)
      expect(seen.body).toMatchObject({ posts: [{ embed: { alt: 'A film' } }] })
    }))

  test('slow work says so, failed work gives its code and may be tried again', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const bearer = await serviceToken(url, session)
      const { path } = await makeVideo(SMALL)
      const jobId = pick((await upload(url, session, path, bearer)).body, 'jobId')
      for (const fault of ['processing', 'refuse']) {
        const json = { platform: 'bluesky', step: 'status', fault, times: 1 }
        await call(`${url}/_sandbox/faults`, { json })
      }
      expect((await jobStatus(url, jobId)).body).toMatchObject({
        jobStatus: { state: 'JOB_STATE_ENCODING', progress: 50 },
      })
      const failed = { state: 'JOB_STATE_FAILED', failureCode: 'encoding_failure' }
      expect((await jobStatus(url, jobId)).body).toMatchObject({ jobStatus: failed })
      expect((await jobStatus(url, jobId)).body).toMatchObject({ jobStatus: failed })
      expect((await upload(url, session, path, bearer)).status).toBe(200)
      const pdf = await upload(url, session, makePdf().path, bearer)
      const broken = await jobStatus(url, pick(pdf.body, 'jobId'))
      expect(broken.body).toMatchObject({ jobStatus: { failureCode: 'validation_failure' } })
    }))

  test('needs a token for this service and this method', () => {
    const clock = makeClock()
    return withSandbox({ now: clock.now }, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const { path } = await makeVideo(SMALL)
      const status = async (bearer: string) => (await upload(url, session, path, bearer)).status
      expect(await status(session.access)).toBe(401)
      expect(await status(await serviceToken(url, session, 'did:web:example.com'))).toBe(401)
      const wrongMethod = await serviceToken(url, session, didOf(url), 'com.atproto.repo.putRecord')
      expect(await status(wrongMethod)).toBe(401)
      const token = await serviceToken(url, session)
      clock.advance(61_000)
      expect(await status(token)).toBe(401)
      const nowS = clock.now().getTime() / 1000
      for (const [aud, lxm, exp] of [
        [didOf(url), UPLOAD, nowS + 3601],
        [didOf(url), UPLOAD, nowS - 10],
      ] as const) {
        const refused = await serviceAuth(url, session, { aud, lxm, exp: `${Math.floor(exp)}` })
        expect([refused.status, pick(refused.body, 'error')]).toEqual([400, 'BadExpiration'])
      }
    })
  })

  test('counts what may still be uploaded today', () =>
    withSandbox({}, async (sandbox) => {
      const { url } = sandbox
      const session = await login(sandbox)
      const { path, facts } = await makeVideo(SMALL)
      await upload(url, session, path, await serviceToken(url, session))
      const aud = 'did:web:video.bsky.app'
      const bearer = await serviceToken(url, session, aud, 'app.bsky.video.getUploadLimits')
      const limits = await call(`${url}/bluesky/xrpc/app.bsky.video.getUploadLimits`, { bearer })
      expect(limits.body).toEqual({
        canUpload: true,
        remainingDailyVideos: 24,
        remainingDailyBytes: 10_000_000_000 - facts.bytes,
      })
    }))
})
