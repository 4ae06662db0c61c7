import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { makeWorkerProcess, type Process } from '../support/processes.ts'
import { SANDBOX_PLATFORMS } from '../support/publish-requests.ts'
import { seededRandom, shuffled } from '../support/seeded-random.ts'
import { expectSettled, type Story } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { waitUntil } from '../support/wait-until.ts'

const SEED = 20_261_121
const POSTS = 60
const AHEAD_MS = 4_000
const WINDOW_MS = 6_000
const KILLS = 5

/** What some calls of each platform meet, in an order that the seed decides. */
const FAULTS = [
  ...Array(3).fill({ fault: 'drop_after_accept' }),
  ...Array(2).fill({ fault: 'drop_before' }),
  ...Array(2).fill({ fault: 'status', status: 500 }),
  ...Array(3).fill({ fault: 'delay', delay_ms: 1_200 }),
]

const random = seededRandom(SEED)
let stack: Stack
let second: Process
let connections: ConnectionAnswer[]
let stories: Story[]

beforeAll(async () => {
  stack = await startStack({
    env: { CLARION_COMMIT_TIMEOUT_MS: '3000' },
    enforceRateLimits: false,
  })
  second = makeWorkerProcess({ dir: stack.dir, env: stack.env }, 'worker-b')
  await second.start()
  connections = await Promise.all(SANDBOX_PLATFORMS.map((platform) => stack.connect(platform)))
  await setFaults()
  await schedulePosts()
  await killInTurn()
  stories = await expectSettled(stack, { deadlineMs: 90_000 })
}, 180_000)

afterAll(async () => {
  await second?.kill9()
  await stack?.stop()
}, 60_000)

describe('sixty posts, two workers killed in turn, platforms in trouble', () => {
  test('every post is published, and once', () => {
    expect(stories).toHaveLength(POSTS)
    expect(stories.filter(({ status }) => status !== 'published')).toEqual([])
  })

  test('the trouble was real', () => {
    const attempts = stories.flatMap(({ targets }) => targets.flatMap((one) => one.attempts))
    const count = (outcome: string) => attempts.filter((one) => one === outcome).length
    expect(count('published by lookup')).toBeGreaterThanOrEqual(9)
    expect(count('absent by lookup')).toBeGreaterThanOrEqual(12)
  })
})

async function setFaults(): Promise<void> {
  for (const platform of SANDBOX_PLATFORMS) {
    for (const fault of shuffled(FAULTS, random)) {
      await stack.sandbox.fault({ platform, step: 'publish', times: 1, ...fault })
    }
  }
}

async function schedulePosts(): Promise<void> {
  const start = Date.now() + AHEAD_MS
  const posts = Array.from({ length: POSTS }, (_, index) => ({
    content: `soak ${index}`,
    publish: 'schedule',
    scheduled_at: new Date(start + Math.floor(random() * WINDOW_MS)).toISOString(),
    targets: [{ connection_id: connections[index % connections.length]?.id }],
  }))
  await Promise.all(posts.map((post) => stack.api.createPost(post)))
}

/** One after the other, each at a number of accepted posts that the seed decides. */
async function killInTurn(): Promise<void> {
  const moments = Array.from({ length: KILLS }, () => Math.floor(random() * POSTS * 0.8))
  let starting: Promise<void> = Promise.resolve()
  for (const [index, accepted] of moments.toSorted((a, b) => a - b).entries()) {
    await waitUntil(`${accepted} posts are accepted`, async () => {
      const { length } = await stack.sandbox.posts()
      if (length < accepted) throw new Error(`${length} are`)
      return true
    })
    const victim = index % 2 === 0 ? stack.worker : second
    await starting
    await victim.kill9()
    starting = victim.start()
  }
  await starting
}
