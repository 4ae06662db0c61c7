import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { PostAnswer } from '../../api/contract/schemas/posts.ts'
import { messageOf } from '../tools/errno.ts'
import type { ApiClient } from './api-client.ts'
import type { SandboxPlatform } from './child-env.ts'
import { connectAccount } from './connect.ts'
import type { Screen } from './screen.ts'

const HANDLE = 'alice'
const AHEAD_MS = 4_000
const PUBLISH_DEADLINE_MS = 90_000

/** Connects alice on each platform, unless she is connected already. */
export async function connectDemo(
  api: ApiClient,
  sandboxUrl: string,
  platforms: readonly SandboxPlatform[],
  screen: Screen,
): Promise<ConnectionAnswer[]> {
  const existing = await api.listConnections()
  const connections: ConnectionAnswer[] = []
  for (const platform of platforms) {
    const account = { platform, handle: HANDLE }
    // Whichever of her accounts it was: a Page does not bear its person’s name.
    const known = existing.find((one) => one.platform === platform && isHere(one, sandboxUrl))
    if (known !== undefined) {
      connections.push(known)
      continue
    }
    const step = screen.step(`Connecting ${platform}`)
    try {
      const connection = await connectAccount(api, sandboxUrl, account)
      step.done(`as ${connection.account_handle}`)
      connections.push(connection)
    } catch (error) {
      step.fail()
      throw error
    }
  }
  return connections
}

/** Connected, and not to a sandbox that was at another port. */
function isHere({ status, service_url }: ConnectionAnswer, sandboxUrl: string): boolean {
  return status === 'active' && (service_url === null || service_url.startsWith(sandboxUrl))
}

/** Schedules a post some seconds ahead for all of them that Clarion publishes to. */
export async function scheduleDemo(
  api: ApiClient,
  connections: readonly ConnectionAnswer[],
): Promise<PostAnswer> {
  const { data } = await api.call<{ data: PlatformInfo[] }>('GET', '/v1/platforms')
  const offered = data.filter((one) => one.is_available).map(({ platform }) => platform)
  const at = new Date(Date.now() + AHEAD_MS)
  // X refuses the same words twice.
  const content = `Hello from Clarion: scheduled once, published everywhere. ${at.toISOString()} #clarion`
  return api.createPost({
    content,
    publish: 'schedule',
    scheduled_at: at.toISOString(),
    targets: connections
      .filter(({ platform }) => offered.includes(platform))
      .map(({ id }) => ({ connection_id: id })),
  })
}

interface PlatformInfo {
  platform: string
  is_available: boolean
}

/** Shows each target's way until all have ended; answers the post as it is then. */
export async function followPost(
  api: ApiClient,
  post: PostAnswer,
  screen: Screen,
): Promise<PostAnswer> {
  const steps = new Map(
    post.targets.map(({ id, platform }) => [id, screen.step(`Publishing to ${platform}`)]),
  )
  const show = ({ targets }: PostAnswer) => {
    for (const target of targets) {
      const step = steps.get(target.id)
      if (step === undefined) continue
      if (!isOver(target.status)) {
        step.update(target.status)
        continue
      }
      steps.delete(target.id)
      if (target.status === 'published') step.done(`published, id ${target.platform_post_id}`)
      else {
        step.fail()
        screen.problem(`${target.platform}: ${target.status}, ${target.failure_reason}`)
      }
    }
  }
  const hasEnded = ({ targets }: PostAnswer) => targets.every(({ status }) => isOver(status))
  try {
    return await api.waitForPost(post.id, hasEnded, {
      deadlineMs: PUBLISH_DEADLINE_MS,
      onPoll: show,
    })
  } catch (error) {
    for (const step of steps.values()) step.fail()
    screen.problem(messageOf(error))
    return api.getPost(post.id)
  }
}

function isOver(status: PostAnswer['targets'][number]['status']): boolean {
  return ['published', 'failed', 'unconfirmed', 'cancelled'].includes(status)
}
