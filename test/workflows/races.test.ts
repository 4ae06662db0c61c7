import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Driven, Target } from '../support/drive.ts'
import { attempts, blueskyTarget, command, drive, refusalOf } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'

const POSTS = 20

let stack: InProcess
let target: Target

beforeAll(async () => {
  stack = await startInProcess()
  target = await blueskyTarget(stack)
})
afterAll(() => stack.stop())

/** Cancels at this instant (epoch ms), as precisely as this process can. */
async function cancelAt(post: Driven, atMs: number) {
  await new Promise((resolve) => setTimeout(resolve, atMs - Date.now()))
  return refusalOf(command(post, 'cancel'))
}

test('cancelled at the very instant of publishing, each post is cancelled or sent, and told which', async () => {
  const dueAt = Date.now() + 5_000
  const scheduledAt = new Date(dueAt)
  const make = () => drive(stack, { status: 'scheduled', scheduledAt, targets: [target] })
  const posts = await Promise.all(Array.from({ length: POSTS }, make))
  await Promise.all(posts.map((post) => post.isStaged()))
  // Around the instant, so that both sides win now and then.
  const race = posts.map((post, index) => cancelAt(post, dueAt + 10 * (index - POSTS / 2)))
  const answers = await Promise.all(race)
  const results = await Promise.all(posts.map((post) => post.handle.result()))
  for (const [index, post] of posts.entries()) {
    const status = results[index]?.status
    const sent = (await post.accepted()).length
    const opened = (await attempts(stack, post.postId)).length
    const code = answers[index]?.code ?? ''
    if (status === 'cancelled') expect([code, sent, opened]).toEqual(['accepted', 0, 0])
    else {
      expect([status, sent, opened]).toEqual(['published', 1, 1])
      expect(['already_publishing', 'illegal_transition', 'gone']).toContain(code)
    }
  }
})

test('of two commands that exclude each other one is accepted', async () => {
  const post = await drive(stack, {
    status: 'scheduled',
    scheduledAt: new Date(Date.now() + 3_600_000),
    targets: [target],
  })
  const codes = await Promise.all([
    refusalOf(command(post, 'cancel')),
    refusalOf(command(post, 'publish')),
  ])
  expect(codes.filter(({ code }) => code === 'accepted')).toHaveLength(1)
  const { status } = await post.handle.result()
  expect(await post.accepted()).toHaveLength(status === 'published' ? 1 : 0)
})
