import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { messageOf } from '../tools/errno.ts'
import type { ApiClient, UploadFile } from './api-client.ts'
import type { SandboxPlatform } from './child-env.ts'
import { connectAccount } from './connect.ts'
import { requiredSettings } from './required-settings.ts'
import type { Screen } from './screen.ts'

const HANDLE = 'alice'
const AHEAD_MS = 4_000
const PUBLISH_DEADLINE_MS = 90_000

/** Connects alice on each platform, unless she is connected already; says what could not be. */
export async function connectDemo(
  api: ApiClient,
  sandboxUrl: string,
  platforms: readonly SandboxPlatform[],
  screen: Screen,
): Promise<ConnectionAnswer[]> {
  const existing = await api.listConnections()
  // Whichever of her accounts it was: a Page does not bear its person’s name.
  const known = (platform: SandboxPlatform) =>
    existing.find((one) => one.platform === platform && isHere(one, sandboxUrl))
  const missing = platforms.filter((platform) => known(platform) === undefined)
  const made = new Map<string, ConnectionAnswer>()
  if (missing.length > 0) {
    const step = screen.step(`Connecting ${missing.length} accounts`)
    const tries = missing.map(async (platform) => {
      try {
        made.set(platform, await connectAccount(api, sandboxUrl, { platform, handle: HANDLE }))
      } catch (error) {
        screen.problem(`${platform} is not connected: ${messageOf(error)}`)
      }
    })
    await Promise.all(tries)
    if (made.size === missing.length) step.done('connected')
    else step.fail()
  }
  return platforms.flatMap((platform) => known(platform) ?? made.get(platform) ?? [])
}

/** Connected, and not to a sandbox that was at another port. */
function isHere({ status, service_url }: ConnectionAnswer, sandboxUrl: string): boolean {
  return status === 'active' && (service_url === null || service_url.startsWith(sandboxUrl))
}

/** Platforms whose posts are videos before anything else; all others get the picture. */
const FOR_VIDEO: readonly string[] = ['youtube', 'tiktok']
const PICTURE = { name: 'hello.jpg', mimeType: 'image/jpeg' }
const VIDEO = { name: 'hello.mp4', mimeType: 'video/mp4' }
const run = promisify(execFile)
const TITLE = 'Hello from Clarion'

/**
 * Schedules a picture and a video, which are kept in `folder`, some seconds ahead, so that
 * every account gets a post.
 */
export async function scheduleDemo(
  api: ApiClient,
  connections: readonly ConnectionAnswer[],
  { folder, screen }: { folder: string; screen: Screen },
): Promise<PostAnswer[]> {
  const { data } = await api.call<{ data: PlatformInfo[] }>('GET', '/v1/platforms')
  const offered = data.filter((one) => one.is_available).map(({ platform }) => platform)
  const open = connections.filter(({ platform }) => offered.includes(platform))
  const isForVideo = ({ platform }: ConnectionAnswer) => FOR_VIDEO.includes(platform)
  const step = screen.step('Uploading a picture and a video')
  try {
    const { picture, video } = await drawMedia(folder)
    const media = await Promise.all([api.upload(picture), api.upload(video)])
    step.done(`${kilobytes(picture)} and ${kilobytes(video)}`)
    const at = new Date(Date.now() + AHEAD_MS)
    const shares = [open.filter((one) => !isForVideo(one)), open.filter(isForVideo)]
    const posts = shares.map((share, index) => schedule(api, share, media[index] ?? '', at))
    return (await Promise.all(posts)).flat()
  } catch (error) {
    step.fail()
    throw error
  }
}

/** A post to these accounts, if there are any. */
async function schedule(
  api: ApiClient,
  connections: readonly ConnectionAnswer[],
  mediaId: string,
  at: Date,
): Promise<PostAnswer[]> {
  if (connections.length === 0) return []
  const targets = connections.map(async (connection) => ({
    connection_id: connection.id,
    settings: await requiredSettings(api, connection, TITLE),
  }))
  const post = await api.createPost({
    // X refuses the same words twice.
    content: `${TITLE}: scheduled once, published everywhere. ${at.toISOString()} #clarion`,
    media: [{ media_id: mediaId, alt_text: 'A light that reaches twelve others' }],
    publish: 'schedule',
    scheduled_at: at.toISOString(),
    targets: await Promise.all(targets),
  })
  return [post]
}

/** In a process of its own: `npm start` stays, and need not hold the libraries for it. */
async function drawMedia(folder: string): Promise<{ picture: UploadFile; video: UploadFile }> {
  const script = join(import.meta.dirname, 'draw-demo.ts')
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder])
  const read = async (file: typeof PICTURE) => ({
    ...file,
    bytes: Uint8Array.from(await readFile(join(folder, file.name))),
  })
  const [picture, video] = await Promise.all([read(PICTURE), read(VIDEO)])
  return { picture, video }
}

function kilobytes({ bytes }: UploadFile): string {
  return `${Math.ceil(bytes.length / 1000)} kB`
}

interface PlatformInfo {
  platform: string
  is_available: boolean
}

/** Shows each target as it ends; answers the posts as they are once all have. */
export async function followPosts(
  api: ApiClient,
  posts: readonly PostAnswer[],
  connections: readonly ConnectionAnswer[],
  screen: Screen,
): Promise<PostAnswer[]> {
  const total = posts.reduce((sum, { targets }) => sum + targets.length, 0)
  const step = screen.step(`Publishing to ${total} accounts`)
  const show = reporter(connections, screen)
  const follow = async ({ id }: PostAnswer) => {
    const hasEnded = ({ targets }: PostAnswer) => targets.every(({ status }) => isOver(status))
    const patience = { deadlineMs: PUBLISH_DEADLINE_MS, onPoll: show }
    try {
      return await api.waitForPost(id, hasEnded, patience)
    } catch (error) {
      screen.problem(messageOf(error))
      return api.getPost(id)
    }
  }
  try {
    const ended = await Promise.all(posts.map(follow))
    const isDone = ended.every(({ status }) => status === 'published')
    if (isDone) step.done('all published')
    else step.fail()
    return ended
  } catch (error) {
    step.fail()
    throw error
  }
}

/** One line a target, once, when it has ended. */
function reporter(connections: readonly ConnectionAnswer[], screen: Screen) {
  const handles = new Map(connections.map((one) => [one.id, one.account_handle ?? '']))
  const column = (texts: Iterable<string>) => Math.max(...[...texts].map(({ length }) => length))
  const widths = [column(connections.map(({ platform }) => platform)), column(handles.values())]
  const told = new Set<string>()
  return ({ targets }: PostAnswer) => {
    for (const target of targets) {
      if (!isOver(target.status) || told.has(target.id)) continue
      told.add(target.id)
      const handle = handles.get(target.connection_id) ?? ''
      const who = `${target.platform.padEnd(widths[0] ?? 0)}  ${handle.padEnd(widths[1] ?? 0)}`
      if (target.status === 'published')
        screen.line(`  ${who}  ${shortId(target.platform_post_id)}`)
      else screen.problem(`  ${who}  ${target.status}: ${target.failure_reason}`)
    }
  }
}

/** Some ids are paths, whose beginning says nothing and would break the line. */
function shortId(id: string | null): string {
  const end = id?.split('/').at(-1) ?? ''
  return end === id ? end : `…/${end}`
}

function isOver(status: PostAnswer['targets'][number]['status']): boolean {
  return ['published', 'failed', 'unconfirmed', 'cancelled'].includes(status)
}
