import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { rejected } from '../../domain/failures.ts'
import type { Connector, Draft } from '../../platforms/connector.ts'
import { command } from '../support/drive.ts'
import type { InProcess } from '../support/in-process.ts'
import { startInProcess } from '../support/in-process.ts'
import {
  acceptedPosts,
  connectBluesky,
  insertPost,
  readPost,
  startPost,
  until,
} from '../support/rows.ts'

let stack: InProcess
/** Called before each part is sent; throws to make it fail. */
let before: (draft: Draft) => Promise<void> | void

beforeAll(async () => {
  stack = await startInProcess({
    adjust: (deps) => ({
      ...deps,
      connector: (platform) => watched(deps.connector(platform)),
    }),
  })
})
beforeEach(() => {
  before = () => undefined
})
afterAll(() => stack.stop())

function watched(connector: Connector): Connector {
  return {
    ...connector,
    commit: async (draft, access, call, prepared) => {
      await before(draft)
      return connector.commit(draft, access, call, prepared)
    },
  }
}

const THREAD = ['two', 'three', 'four'].map((content) => ({ content }))

async function thread(settings: object = { thread: THREAD }) {
  const account = await connectBluesky(stack)
  const targets = [{ ...account, platform: 'bluesky', settings }]
  const postId = await insertPost(stack, { content: 'one', targets, status: 'queued' })
  const handle = await startPost(stack, postId)
  const row = () => readPost(stack, postId)
  const sent = async () => {
    const posts = await acceptedPosts(stack.sandbox.url, account.accountId)
    return posts.map(({ text }) => text)
  }
  return { account, postId, handle, row, sent }
}

interface TargetRow {
  status: string
  platform_post_id: string
  next_part: number
  parts: { part: number; role: string; platform_post_id: string }[]
  warnings: { code: string }[]
  failure_reason: string | null
}

async function targetOf(postId: string): Promise<TargetRow> {
  const [row] = await stack.db.withTenant(stack.tenantId, (em) =>
    em.execute<TargetRow[]>('select * from post_targets where post_id = ?', [postId]),
  )
  if (row === undefined) throw new Error('no target')
  return row
}

function attemptsOf(postId: string) {
  const sql = `select part, status from publish_attempts where post_id = ? order by attempt_no`
  return stack.db.withTenant(stack.tenantId, (em) =>
    em.execute<{ part: number; status: string }[]>(sql, [postId]),
  )
}

function fault(body: object) {
  return fetch(`${stack.sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'bluesky', times: 1, ...body }),
  })
}

describe('a thread', () => {
  test('goes out in order, each part under the one before, and is told as one target', async () => {
    const { handle, postId, sent } = await thread()
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await sent()).toEqual(['one', 'two', 'three', 'four'])
    const target = await targetOf(postId)
    expect(target.parts.map(({ role }) => role)).toEqual(['post', 'reply', 'reply', 'reply'])
    expect(target.platform_post_id).toBe(target.parts[0]?.platform_post_id)
    expect(new Set(target.parts.map((part) => part.platform_post_id)).size).toBe(4)
    const attempts = await attemptsOf(postId)
    expect(attempts).toEqual([0, 1, 2, 3].map((part) => ({ part, status: 'published' })))
  })

  test('whose third answer is lost is looked up there and goes on', async () => {
    const drop = { step: 'publish', fault: 'drop_after_accept' }
    before = async ({ text }) => {
      if (text === 'three') await fault(drop)
    }
    const { handle, postId, sent } = await thread()
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await sent()).toEqual(['one', 'two', 'three', 'four'])
    expect((await attemptsOf(postId)).map(({ part }) => part)).toEqual([0, 1, 2, 3])
  })

  test('whose third request never arrives sends that part again, and no other', async () => {
    let isLost = false
    before = async ({ text }) => {
      if (text !== 'three' || isLost) return
      isLost = true
      await fault({ step: 'publish', fault: 'drop_before' })
    }
    const { handle, postId, sent } = await thread()
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await sent()).toEqual(['one', 'two', 'three', 'four'])
    const attempts = await attemptsOf(postId)
    expect(attempts.map(({ part }) => part)).toEqual([0, 1, 2, 2, 3])
    expect(attempts[2]?.status).toBe('absent')
  })

  test('that is refused half way says so, and a retry goes on from there', async () => {
    let isRefused = true
    before = ({ text }) => {
      if (text === 'three' && isRefused) {
        throw rejected({ code: 'bluesky_refused', message: 'Too rude.' })
      }
    }
    const { handle, postId, row, sent } = await thread()
    await until(row, ({ status }) => status === 'failed')
    expect(await targetOf(postId)).toMatchObject({
      next_part: 2,
      failure_reason: expect.stringContaining('part 3: Too rude.'),
    })
    isRefused = false
    // A refusal is not offered for a retry unless a person names the target.
    const targetIds = (await row()).targets.map(({ id }) => id)
    await stack.db.withTenant(stack.tenantId, (em) =>
      em.execute('update post_targets set retryable = true where post_id = ?', [postId]),
    )
    await stack.db.withTenant(stack.tenantId, (em) =>
      em.execute('update posts set seq = seq + 1 where id = ?', [postId]),
    )
    await handle.signal('changed')
    await command({ handle, row }, 'retry', { targetIds })
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await sent()).toEqual(['one', 'two', 'three', 'four'])
  })

  test('an unknown part that a person finds published leads on to the next', async () => {
    let isArmed = true
    before = async ({ text }) => {
      if (text !== 'two' || !isArmed) return
      isArmed = false
      await fault({ step: 'publish', fault: 'drop_after_accept' })
      await fault({ step: 'lookup', fault: 'status', status: 500, times: null })
    }
    const { account, handle, row, sent, postId } = await thread()
    await until(row, ({ status }) => status === 'unconfirmed')
    const [, second] = await acceptedPosts(stack.sandbox.url, account.accountId)
    const [target] = (await row()).targets
    await command({ handle, row }, 'resolve', {
      targetId: target?.id,
      as: 'published',
      platformPostId: second?.platform_post_id,
    })
    await fetch(`${stack.sandbox.url}/_sandbox/faults`, { method: 'DELETE' })
    expect(await handle.result()).toMatchObject({ status: 'published' })
    expect(await sent()).toEqual(['one', 'two', 'three', 'four'])
    const { parts } = await targetOf(postId)
    expect(parts[1]?.platform_post_id).toBe(second?.platform_post_id)
  })
})
