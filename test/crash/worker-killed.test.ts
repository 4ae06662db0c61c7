import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { publishOn, SANDBOX_PLATFORMS } from '../support/publish-requests.ts'
import { lockPosts } from '../support/row-lock.ts'
import { expectSettled, type Story } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { type Held, startTap, type Tap } from '../support/tap.ts'

type Moment = 'calling' | 'accepted' | 'answered' | 'recording'

const FOUND = {
  attempts: ['published by lookup'],
  events: ['created', 'publishing', 'target_unconfirmed', 'target_published'],
}
const SENT_AGAIN = ['target_requeued', 'publishing', 'target_published']

/** What must have become of a post whose worker was killed at this moment of its request. */
const OUTCOMES: Readonly<Record<Moment, Pick<Story, 'events'> & { attempts: string[] }>> = {
  calling: {
    attempts: ['absent by lookup', 'published by answer'],
    events: ['created', 'publishing', 'target_unconfirmed', ...SENT_AGAIN],
  },
  accepted: FOUND,
  answered: FOUND,
  recording: {
    attempts: ['published by answer'],
    events: ['created', 'publishing', 'target_published'],
  },
}

let tap: Tap
let stack: Stack
let stories: Story[]

beforeAll(async () => {
  stack = await startStack({
    env: { CLARION_COMMIT_TIMEOUT_MS: '8000' },
    via: async (sandboxUrl) => {
      tap = await startTap(sandboxUrl)
      return tap.url
    },
  })
  await killInTheMiddle()
  await stack.worker.start()
  stories = await expectSettled(stack)
}, 120_000)

afterAll(async () => {
  await stack?.stop()
  await tap?.close()
}, 60_000)

describe.each(SANDBOX_PLATFORMS)('kill -9 of the worker while it publishes on %s', (platform) => {
  test.each<[string, Moment]>([
    ['before the platform has the call: proved absent, then sent', 'calling'],
    ['after the platform accepted, before its answer: found, not sent again', 'accepted'],
    ['after the answer, before its record: found, not sent again', 'answered'],
    ['while its last words are written: they stand', 'recording'],
  ])('%s', (_name, moment) => {
    const story = stories.find(({ content }) => content === textOf(moment, platform))
    const attempts = story?.targets[0]?.attempts
    const { status, events } = story ?? {}
    expect({ status, attempts, events }).toEqual({ status: 'published', ...OUTCOMES[moment] })
  })
})

/** A post for each moment on each platform, all under way when the worker dies. */
async function killInTheMiddle(): Promise<void> {
  const connections = await Promise.all(SANDBOX_PLATFORMS.map((one) => stack.connect(one)))
  const publish = (moment: Moment) => publishEverywhere(moment, connections)
  const calling = await publish('calling')
  const accepted = await publish('accepted')
  const answered = await publish('answered')
  const recording = await publish('recording')

  await Promise.all(accepted.requests.map((request) => request.forward()))
  const locks = [
    await answerLocked(answered.ids, answered.requests),
    await answerLocked(recording.ids, recording.requests),
  ]
  await stack.worker.kill9()
  for (const request of [...calling.requests, ...accepted.requests]) request.drop()
  await locks[0]?.endWaiting()
  for (const lock of locks) await lock.release()
}

/** Answers when the platforms' calls are held at the tap. */
async function publishEverywhere(
  moment: Moment,
  connections: readonly { id: string; platform: string }[],
): Promise<{ ids: string[]; requests: Held[] }> {
  const held = SANDBOX_PLATFORMS.map((one) => tap.hold(publishOn(one, textOf(moment, one))))
  const posts = connections.map(({ id, platform }) =>
    stack.api.createPost({
      content: textOf(moment, platform),
      publish: 'now',
      targets: [{ connection_id: id }],
    }),
  )
  const ids = (await Promise.all(posts)).map(({ id }) => id)
  return { ids, requests: await Promise.all(held) }
}

/** Lets the answers through, and the worker wait where it would record them. */
async function answerLocked(ids: string[], requests: Held[]) {
  const lock = await lockPosts(stack, ids)
  for (const request of requests) {
    await request.forward()
    request.answer()
  }
  await lock.untilWaiting(requests.length)
  return lock
}

function textOf(moment: Moment, platform: string): string {
  return `killed while ${moment} on ${platform}`
}
