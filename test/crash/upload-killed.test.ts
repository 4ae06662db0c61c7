import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type MediaFile, makeVideo } from '../support/media-files.ts'
import { type Meter, startMeter } from '../support/meter.ts'
import { expectSettled } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { uploadMedia } from '../support/upload-media.ts'

const FILE_BYTES = 200_000_000
/** Parts of YouTube's resumable upload: what one kill may cost. */
const PART_BYTES = 8 * 1024 * 1024
/** Bodies of the calls around the upload. */
const SMALL_CALLS = 10_000
const MEMORY_BOUND_MB = 150

let stack: Stack
let meter: Meter
let video: MediaFile

beforeAll(async () => {
  video = await makeVideo({ bytes: FILE_BYTES, durationMs: 60_000 })
  stack = await startStack({
    via: async (sandboxUrl) => {
      meter = await startMeter(
        sandboxUrl,
        (method, path) => method === 'PUT' && /upload/.test(path),
      )
      return meter.url
    },
  })
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  await meter?.close()
}, 60_000)

/** Resident memory of the worker now. */
function workerMb(): number {
  const status = readFileSync(`/proc/${stack.worker.pid()}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
}

/** The highest that is seen while `work` runs, over every process that is the worker meanwhile. */
async function peakMb(work: Promise<unknown>): Promise<number> {
  let peak = 0
  const timer = setInterval(() => {
    const now = stack.worker.running() ? workerMb() : 0
    // A process that is being killed has no memory any more.
    if (now > peak) peak = now
  }, 20)
  await work.finally(() => clearInterval(timer))
  return peak
}

/** Kills the worker at this point of the upload and starts another. */
function killAt(bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    meter.at(bytes, () => {
      stack.worker.restart().then(resolve, reject)
    })
  })
}

function publish(body: object) {
  return stack.api.createPost({ ...body, publish: 'now' })
}

function isPublished({ id }: { id: string }) {
  const isOut = ({ status }: { status: string }) => status === 'published'
  return stack.api.waitForPost(id, isOut, { deadlineMs: 240_000 })
}

test('kill -9 in the middle of 200 MB, three times: one video, no part sent twice but the broken ones', async () => {
  const channel = await stack.connect('youtube')
  const mastodon = await stack.connect('mastodon')
  // What a worker weighs that has published something and is at rest.
  await isPublished(await publish({ content: 'warm', targets: [{ connection_id: mastodon.id }] }))
  const idleMb = workerMb()
  const mediaId = await uploadMedia(stack, video.path, 'video/mp4')
  const settings = {
    title: 'Two hundred megabytes',
    privacy_status: 'public',
    made_for_kids: false,
  }
  const kills = Promise.all([0.2, 0.5, 0.8].map((share) => killAt(FILE_BYTES * share)))
  const post = publish({
    content: 'A long video',
    media: [{ media_id: mediaId }],
    targets: [{ connection_id: channel.id, settings }],
  })
  const peak = await peakMb(Promise.all([kills, post.then(isPublished)]))
  await expectSettled(stack)
  const accepted = await stack.sandbox.posts({ platform: 'youtube' })
  expect(accepted.map(({ media }) => media)).toEqual([[video.facts.sha256]])
  expect(meter.bytes).toBeGreaterThanOrEqual(video.facts.bytes)
  expect(meter.bytes - video.facts.bytes).toBeLessThanOrEqual(3 * PART_BYTES + SMALL_CALLS)
  expect(meter.largest).toBeLessThanOrEqual(PART_BYTES)
  expect(peak - idleMb).toBeLessThan(MEMORY_BOUND_MB)
}, 300_000)
