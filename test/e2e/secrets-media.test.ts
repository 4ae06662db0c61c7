import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import {
  type Histories,
  type Inspector,
  inspectDatabase,
  inspectTemporal,
} from '../support/evidence.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { uploadMedia } from '../support/upload-media.ts'
import { targetFor } from './support/post-to.ts'

/** What lets its owner write to an upload, or follow it, by platform. */
const CAPABILITIES: Partial<Record<Platform, RegExp>> = {
  tiktok: /_tiktok_upload_/,
  youtube: /_youtube_upload_/,
  linkedin: /_linkedin_upload_/,
  pinterest: /_pinterest_/,
  reddit: /_reddit_(policy|storage|websocket)_/,
}
/** Takes no videos from apps. */
const NO_VIDEO: readonly Platform[] = ['google_business']
/** Takes videos alone. */
const NO_PICTURE: readonly Platform[] = ['youtube']
/** A signature of ours in an address, or of a platform. */
const SIGNED = /signature=[\w%-]{16,}/g

let stack: Stack
let database: Inspector
let temporal: Histories
let connections: ConnectionAnswer[]
let image: string
let video: string
let secrets: string[]
/** All rows while uploads were under way, and at the end. */
const dumps: string[] = []
const answers: string[] = []
let kept: { platform: Platform; ciphertext: string }[]

beforeAll(async () => {
  stack = await startStack()
  database = inspectDatabase(stack.databaseUrl)
  temporal = await inspectTemporal(stack.temporal)
  connections = await Promise.all(PLATFORMS.map((platform) => stack.connect(platform)))
  const picture = await makeImage({ width: 1920, height: 1080 })
  image = await uploadMedia(stack, picture.path, 'image/jpeg')
  const film = await makeVideo({ width: 720, height: 1280, bytes: 600_000 })
  video = await uploadMedia(stack, film.path, 'video/mp4')
  await publish('A picture', false)
  await publish('A film', true)
  await inTrouble()
  dumps.push(await database.dump())
  const issued = await stack.sandbox.secrets()
  secrets = issued.filter((secret) => secret.length >= 8)
}, 300_000)

afterAll(async () => {
  await temporal?.close()
  await database?.close()
  await stack?.stop()
}, 60_000)

/** The picture on its own, or the film; Reddit wants the picture with the film too. */
async function create(content: string, isFilm: boolean) {
  const except = isFilm ? NO_VIDEO : NO_PICTURE
  const chosen = connections.filter(({ platform }) => !except.includes(platform))
  const targets = await Promise.all(
    chosen.map((one) => {
      const settings = isFilm ? filmSettings(one.platform) : {}
      return targetFor(stack, one, { settings })
    }),
  )
  const media = [{ media_id: isFilm ? video : image }]
  return stack.api.createPost({ content, media, publish: 'now', targets })
}

function filmSettings(platform: Platform): Record<string, unknown> {
  if (platform === 'instagram') return { kind: 'reel' }
  return platform === 'reddit' ? { poster_media_id: image } : {}
}

async function publish(content: string, isFilm: boolean) {
  const { id } = await create(content, isFilm)
  const isOver = ({ status }: PostAnswer) => status !== 'queued' && status !== 'unconfirmed'
  const post = await stack.api.waitForPost(id, isOver, { deadlineMs: 120_000 })
  const failed = post.targets.filter(({ status }) => status !== 'published')
  expect(failed.map((one) => [one.platform, one.failure_code, one.failure_reason])).toEqual([])
  await collect(id)
}

/** Answers are lost and lookups refused: what was prepared stays, and errors quote what they like. */
async function inTrouble(): Promise<void> {
  for (const platform of PLATFORMS) {
    const fault = { platform, times: null }
    await stack.sandbox.fault({ ...fault, step: 'upload', fault: 'status', status: 500, times: 1 })
    await stack.sandbox.fault({ ...fault, step: 'publish', fault: 'drop_before' })
    await stack.sandbox.fault({ ...fault, step: 'lookup', fault: 'status', status: 503 })
  }
  const { id } = await create('In trouble', true)
  const isOver = ({ targets }: PostAnswer) =>
    targets.every(({ status }) => !['queued', 'publishing'].includes(status))
  await stack.api.waitForPost(id, isOver, { deadlineMs: 120_000 })
  dumps.push(await database.dump())
  kept = await database.query(
    `select g.platform, c.secrets_ciphertext as ciphertext from publish_checkpoints c
     join post_targets g on g.id = c.target_id where c.secrets_ciphertext is not null`,
  )
  await collect(id)
  const gone = await stack.api.send('DELETE', `/v1/posts/${id}?from_platforms=true`)
  answers.push(gone.text)
  await stack.sandbox.clearFaults()
}

async function collect(id: string): Promise<void> {
  for (const end of ['', '/attempts', '/events']) {
    answers.push((await stack.api.send('GET', `/v1/posts/${id}${end}`)).text)
  }
}

const signedIn = (text: string) => text.match(SIGNED) ?? []
const leaksIn = (text: string) => secrets.filter((secret) => text.includes(secret))

describe('what lets its owner write to an upload', () => {
  test('was issued by every platform that has such a thing', () => {
    for (const [platform, form] of Object.entries(CAPABILITIES)) {
      expect([platform, secrets.some((secret) => form.test(secret))]).toEqual([platform, true])
    }
    expect(leaksIn(`PUT ${secrets.at(-1)}`)).not.toEqual([])
  })

  test('is kept as ciphertext while it is needed, and no longer', async () => {
    const platforms = new Set(kept.map(({ platform }) => platform))
    expect([...platforms].toSorted()).toEqual(expect.arrayContaining(['tiktok', 'youtube']))
    for (const { ciphertext } of kept) expect(ciphertext).toMatch(/^local:v\d+:/)
    const [row] = await database.query<{ n: number }>(
      `select count(*)::int as n from publish_checkpoints c
       join post_targets g on g.id = c.target_id where g.status in ('published', 'failed')`,
    )
    expect(row?.n).toBe(0)
  })
})

describe('after pictures and films on all platforms, no secret is', () => {
  test('in a row, while they are sent or later', () => {
    expect(dumps).toHaveLength(2)
    for (const dump of dumps) {
      expect(leaksIn(dump)).toEqual([])
      // The answers that are kept for repeats hold what POST /v1/media answered: an address.
      const tables = dump.split('\n\n').filter((table) => !table.startsWith('idempotency_keys'))
      expect(tables.length).toBeGreaterThan(20)
      expect(signedIn(tables.join('\n'))).toEqual([])
    }
  })

  test('in a history', async () => {
    for (const id of await temporal.ids()) {
      const text = await temporal.text(id)
      expect([id, leaksIn(text), signedIn(text)]).toEqual([id, [], []])
    }
  })

  test('in a log, at debug level', () => {
    const logs = stack.apiProcess.logs() + stack.worker.logs()
    // The files were fetched by those platforms that fetch, and the fetching was logged.
    expect(logs).toContain('"operation":"getMediaFile"')
    expect(leaksIn(logs)).toEqual([])
    expect(signedIn(logs)).toEqual([])
  })

  test('in an answer', () => {
    expect(answers.length).toBeGreaterThan(8)
    expect(leaksIn(answers.join('\n'))).toEqual([])
    expect(signedIn(answers.join('\n'))).toEqual([])
  })
})
