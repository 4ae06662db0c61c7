import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import twitterText from 'twitter-text'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import { makeImage, makeVideo } from '../support/media-files.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { uploadMedia } from '../support/upload-media.ts'
import { targetFor } from './support/post-to.ts'
import { GRAPHEMES_300, TORTURE, WEIGHTED_280, withoutAngles } from './support/torture-texts.ts'

/** What a text travels with, where it cannot travel alone. */
const WITH: Readonly<Partial<Record<Platform, 'image' | 'video'>>> = {
  instagram: 'image',
  pinterest: 'image',
  tiktok: 'image',
  youtube: 'video',
}

let stack: Stack
let connections: Map<Platform, ConnectionAnswer>
/** TikTok begins six posts a minute for one account, so that two share them. */
let secondTiktok: ConnectionAnswer
let image: string
/** What each platform shows, by the name of the text and the platform. */
const shown = new Map<string, string | undefined>()

beforeAll(async () => {
  stack = await startStack()
  const connected = await Promise.all(PLATFORMS.map((platform) => stack.connect(platform)))
  connections = new Map(connected.map((one) => [one.platform, one]))
  secondTiktok = await stack.connect('tiktok', 'bob')
  image = await uploadMedia(stack, (await makeImage()).path, 'image/jpeg')
  const texts = Object.entries(TORTURE).map(([name, text], index) =>
    publishEverywhere(name, text, index % 2 === 1),
  )
  await Promise.all([
    ...texts,
    publish('300 graphemes', GRAPHEMES_300, ['bluesky']),
    publish('280 weighted', WEIGHTED_280, ['x']),
  ])
}, 240_000)

afterAll(() => stack?.stop(), 60_000)

/** A post for those without files, one for those with a picture, one for the video. */
async function publishEverywhere(name: string, text: string, second: boolean): Promise<void> {
  const groups = [undefined, 'image', 'video'].map((kind) =>
    PLATFORMS.filter((platform) => WITH[platform] === kind),
  )
  await Promise.all(groups.map((platforms) => publish(name, text, platforms, second)))
}

/** YouTube takes the same video only once. */
async function newVideo(): Promise<string> {
  const { path } = await makeVideo({ bytes: 40_000 })
  return uploadMedia(stack, path, 'video/mp4')
}

async function mediaFor(platform: Platform | undefined): Promise<{ media_id: string }[]> {
  const kind = platform && WITH[platform]
  if (kind === undefined) return []
  return [{ media_id: kind === 'image' ? image : await newVideo() }]
}

async function publish(
  name: string,
  text: string,
  platforms: readonly Platform[],
  second = false,
): Promise<void> {
  const post = await stack.api.createPost(await bodyFor(text, platforms, second))
  const isOver = ({ status }: PostAnswer) => !['draft', 'scheduled', 'queued'].includes(status)
  const ended = await stack.api.waitForPost(post.id, isOver, { deadlineMs: 150_000, pollMs: 500 })
  const truth = await stack.sandbox.posts()
  for (const { platform, platform_post_id: id, status, failure_reason } of ended.targets) {
    const found = truth.find((one) => one.platform === platform && one.platform_post_id === id)
    shown.set(`${name} ${platform}`, found?.text ?? `${status}: ${failure_reason}`)
  }
}

async function bodyFor(text: string, platforms: readonly Platform[], second = false) {
  return {
    content: text,
    publish: 'now',
    media: await mediaFor(platforms[0]),
    targets: await Promise.all(
      platforms.map((platform) =>
        targetFor(stack, second && platform === 'tiktok' ? secondTiktok : connectionOn(platform), {
          content: platform === 'youtube' ? withoutAngles(text) : text,
        }),
      ),
    ),
  }
}

function connectionOn(platform: Platform): ConnectionAnswer {
  const connection = connections.get(platform)
  if (connection === undefined) throw new Error(`${platform} is not connected`)
  return connection
}

describe.each(Object.entries(TORTURE))('%s', (name, text) => {
  test.each(PLATFORMS)('arrives on %s as it was asked for', (platform) => {
    const asked = platform === 'youtube' ? withoutAngles(text) : text
    expect(escaped(shown.get(`${name} ${platform}`))).toBe(escaped(asked))
  })
})

describe('texts that are exactly as long as allowed', () => {
  test('300 graphemes on Bluesky', () => {
    const graphemes = [...new Intl.Segmenter('en').segment(GRAPHEMES_300)]
    expect(graphemes).toHaveLength(300)
    expect(escaped(shown.get('300 graphemes bluesky'))).toBe(escaped(GRAPHEMES_300))
  })

  test('280 weighted on X', () => {
    expect(twitterText.parseTweet(WEIGHTED_280).weightedLength).toBe(280)
    expect(escaped(shown.get('280 weighted x'))).toBe(escaped(WEIGHTED_280))
  })
})

describe('one more than the longest text', () => {
  interface Validation {
    valid: boolean
    errors: { path: string; code: string; message: string }[]
  }

  const validate = async (platform: Platform, text: string) => {
    const body = await bodyFor(text, [platform])
    // Captions of photos may be longer than those of videos, which the limit speaks of.
    if (platform === 'tiktok') body.media = await mediaFor('youtube')
    return stack.api.call<Validation>('POST', '/v1/posts/validate', body)
  }

  test.each(PLATFORMS)('is refused for %s, in words', async (platform) => {
    const { limits } = await stack.api.call<{ limits: { max_text_length: number } }>(
      'GET',
      `/v1/platforms/${platform}`,
    )
    const longest = 'a'.repeat(limits.max_text_length)
    expect(await validate(platform, longest)).toEqual({ valid: true, errors: [] })
    const { valid, errors } = await validate(platform, `${longest}a`)
    expect(valid).toBe(false)
    expect(errors).toEqual([
      {
        path: 'targets[0].content',
        code: 'text_too_long',
        message: expect.stringContaining(String(limits.max_text_length)),
      },
    ])
  })
})

/** Invisible differences become visible ones. */
function escaped(text = 'nothing'): string {
  return text.replace(/[^\x20-\x7e]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}
