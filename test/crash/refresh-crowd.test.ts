import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import { makeWorkerProcess, type Process } from '../support/processes.ts'
import { expectSettled } from '../support/settled.ts'
import { type Stack, startStack } from '../support/stack.ts'

/** Publishes whose token the platform has refused, spread over four workers. */
const CALLERS = 200
const EXPIRIES = 3

let stack: Stack
let others: Process[] = []
let x: ConnectionAnswer

beforeAll(async () => {
  stack = await startStack({ enforceRateLimits: false })
  others = ['second', 'third', 'fourth'].map((name) => makeWorkerProcess(stack, name))
  await Promise.all(others.map((worker) => worker.start()))
  x = await stack.connect('x')
}, 180_000)

afterAll(async () => {
  await Promise.all(others.map((worker) => worker.kill9()))
  await stack?.stop()
}, 60_000)

test.each(Array.from({ length: EXPIRIES }, (_, index) => index + 1))(
  'expiry %i: 200 callers, four workers, one call at the token endpoint, nobody gets a stale token',
  async (round) => {
    await makeRoom()
    const before = await tokenCalls()
    const version = await tokenVersion()
    await stack.sandbox.expire('x', x.platform_account_id ?? '')
    const texts = Array.from({ length: CALLERS }, (_, index) => `crowd ${round} post ${index}`)
    await Promise.all(texts.map(publish))
    const stories = await expectSettled(stack)
    const mine = stories.filter(({ content }) => texts.includes(content))
    expect(mine.map(({ status }) => status)).toEqual(texts.map(() => 'published'))
    // A stale token would be refused a second time, which ends a target as failed.
    for (const { targets } of mine) {
      expect(targets[0]?.attempts.at(-1)).toBe('published by answer')
      expect(targets[0]?.attempts.slice(0, -1)).toEqual(
        targets[0]?.attempts.slice(0, -1).map(() => 'not_sent'),
      )
      expect(targets[0]?.attempts.length).toBeLessThanOrEqual(2)
    }
    const refreshes = (await tokenVersion()) - version
    // Each call gave a token that was stored: none was spent twice, no family was killed.
    expect((await tokenCalls()) - before).toBe(refreshes)
    expect(refreshes).toBe(1)
    expect(await stack.api.getConnection(x.id)).toMatchObject({
      status: 'active',
      last_error: null,
      refresh_failures: 0,
    })
  },
  180_000,
)

/** X allows 300 posts in three hours, which Clarion counts: those of before are older from here on. */
function makeRoom(): Promise<unknown> {
  const sql = `update post_targets set published_at = published_at - interval '4 hours'
    where connection_id = ? and published_at is not null`
  return stack.db.withTenant(stack.tenantId, (em) => em.execute(sql, [x.id]))
}

function publish(content: string) {
  return stack.api.createPost({ content, publish: 'now', targets: [{ connection_id: x.id }] })
}

async function tokenCalls(): Promise<number> {
  const calls = await stack.sandbox.calls({ platform: 'x', step: 'token' })
  return calls.filter(({ account_id }) => account_id === x.platform_account_id).length
}

async function tokenVersion(): Promise<number> {
  const sql = 'select token_version from connections where id = ?'
  const [row] = await stack.db.withTenant(stack.tenantId, (em) =>
    em.execute<{ token_version: number }[]>(sql, [x.id]),
  )
  return row?.token_version ?? 0
}
