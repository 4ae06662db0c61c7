import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  authExpired,
  authRevoked,
  rateLimited,
  rejected,
  transient,
} from '../../domain/failures.ts'
import type { Connector, Prepared, Workbench } from '../../platforms/connector.ts'
import { rotateKeysStart } from '../../workflows/keys-contract.ts'
import { command, edit, sql } from '../support/drive.ts'
import { connectBluesky, until } from '../support/rows.ts'
import { made, publish, startTheatre, type Theatre } from './acting.ts'

/** Grants access to an upload: nothing may show it. */
const ADDRESS = 'https://upload.test/put?sig=sbx_secret_capability'

let stack: Theatre

beforeAll(async () => {
  stack = await startTheatre()
})
afterAll(() => stack.stop())

type Prepare = NonNullable<Connector['prepare']>
type Try = (...args: [...Parameters<Prepare>, attempt: number]) => Promise<Prepared>

/** Plays preparations in turn, the last one from then on; notes what each try was given. */
function playing(tries: Try[], acts: Partial<Connector> = {}) {
  const given: (Prepared | undefined)[] = []
  const texts: string[] = []
  const committed: { text: string; prepared: Prepared | undefined }[] = []
  const prepare: Prepare = (draft, access, call, bench) => {
    const attempt = given.push(bench.prepared)
    texts.push(draft.text)
    const next = tries[Math.min(attempt, tries.length) - 1]
    if (next === undefined) throw new Error('no try is left')
    return next(draft, access, call, bench, attempt)
  }
  const commit: Connector['commit'] = async ({ text }, _access, _call, prepared) => {
    committed.push({ text, prepared })
    return made(text)
  }
  stack.play({ validate: () => [], prepare, commit, ...acts })
  return { given, texts, committed }
}

const started: Prepared = { state: { step: 1 }, secrets: { address: ADDRESS } }
const finished: Prepared = { state: { step: 2 }, secrets: { address: ADDRESS } }

const ready: Try = async () => finished
const dies = () => {
  throw new Error('the process died here')
}

const saves =
  (then: (bench: Workbench) => Prepared | Promise<Prepared>): Try =>
  async (_draft, _access, _call, bench) => {
    await bench.save(started)
    return then(bench)
  }

const later = (more: object = {}) => transient({ code: 'play_later', message: 'Later.', ...more })
const fails = (error: Error) => () => {
  throw error
}

describe('a preparation', () => {
  test('that dies between two saves goes on with what was saved last', async () => {
    const { given, committed } = playing([
      saves(async (bench) => {
        await bench.save({ ...finished, state: { step: 'two' } })
        return dies()
      }),
      ready,
    ])
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, { ...finished, state: { step: 'two' } }])
    expect(committed).toEqual([{ text: 'words', prepared: finished }])
    expect(await post.attempts()).toMatchObject([{ status: 'published', attempt_no: 1 }])
    expect(await post.checkpoints()).toEqual([])
  })

  test('keeps its secrets as ciphertext, which the rotation of keys moves on', async () => {
    const held = Promise.withResolvers<void>()
    const freed = Promise.withResolvers<void>()
    const { given } = playing([
      saves(async (bench) => {
        held.resolve()
        await freed.promise
        // The old version has ended by now: what this process sealed before must not come back.
        await bench.save({ ...started, state: { step: 'after' } })
        return dies()
      }),
      ready,
    ])
    const post = await publish(stack)
    await held.promise
    const [before] = await post.checkpoints()
    expect(before?.secrets_ciphertext).toMatch(/^local:v/)
    expect(JSON.stringify(before)).not.toContain('capability')
    const rotation = rotateKeysStart({ settleMs: 0 })
    const outcome = await stack.client.workflow.execute('rotateKeysWorkflow', rotation)
    expect(outcome).toMatchObject({ outcome: 'done', version: (before?.key_version ?? 0) + 1 })
    const [rewrapped] = await post.checkpoints()
    expect(rewrapped?.key_version).toBe((before?.key_version ?? 0) + 1)
    expect(rewrapped?.secrets_ciphertext).not.toBe(before?.secrets_ciphertext)
    freed.resolve()
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, { ...started, state: { step: 'after' } }])
  })

  test('of content that changed meanwhile begins anew', async () => {
    const change = async () => {
      await sql(stack, `update posts set content = 'other' where content = 'first'`)
      throw later()
    }
    const { given, texts, committed } = playing([saves(change), ready])
    const post = await publish(stack, { content: 'first' })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, undefined])
    expect(texts).toEqual(['first', 'other'])
    expect(committed.map(({ text }) => text)).toEqual(['other'])
  })

  test('that is told to start over forgets, at its own step and at the commit', async () => {
    const stale = later({ startOver: true })
    let refusals = 1
    const { given } = playing([saves(fails(stale)), saves(() => finished), ready], {
      commit: async ({ text }) => {
        if (refusals-- > 0) throw stale
        return made(text)
      },
    })
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, undefined, undefined])
    expect(await post.attempts()).toMatchObject([{ status: 'not_sent' }, { status: 'published' }])
  })

  test('that a commit can use again is not repeated from the start', async () => {
    let refusals = 1
    const { given } = playing([saves(() => finished), ready], {
      commit: async ({ text }) => {
        if (refusals-- > 0) throw later()
        return made(text)
      },
    })
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, started])
  })

  test('belongs to one part of one round', async () => {
    const parts: [string, Prepared | undefined][] = []
    let isRude = true
    stack.play({
      validate: () => [],
      prepare: async (draft, _access, _call, bench) => {
        parts.push([draft.text, bench.prepared])
        await bench.save({ state: { of: draft.text } })
        return { state: { of: draft.text } }
      },
      commit: async ({ text }) => {
        if (text === 'two' && isRude) throw rejected({ code: 'play_rude', message: 'Too rude.' })
        return made(text)
      },
    })
    const post = await publish(stack, {
      content: 'one',
      settings: { thread: [{ content: 'two' }, { content: 'three' }] },
    })
    await post.reaches('failed')
    expect(await post.checkpoints()).toEqual([])
    isRude = false
    await edit(stack, post)
    await command(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(parts).toEqual(['one', 'two', 'two', 'three'].map((text) => [text, undefined]))
    expect(await post.checkpoints()).toEqual([])
  })
})

describe('a preparation that fails', () => {
  test('for good waits for the due instant, and then says it in the platform’s words', async () => {
    const refused = rejected({ code: 'play_failed', message: 'The film cannot be played.' })
    const { given, committed } = playing([saves(fails(refused))])
    const dueAt = Date.now() + 4_000
    const post = await publish(stack, { dueAt })
    await post.reaches('failed')
    expect(Date.now()).toBeGreaterThanOrEqual(dueAt)
    expect(await post.target()).toMatchObject({
      status: 'failed',
      failure_code: 'play_failed',
      failure_reason: 'The film cannot be played.',
      retryable: false,
    })
    expect(given).toEqual([undefined, started])
    expect(committed).toEqual([])
    expect(await post.attempts()).toEqual([])
    expect(await post.checkpoints()).toEqual([])
    await post.handle.terminate()
  })

  test('for now is tried again', async () => {
    const { given } = playing([saves(fails(later())), saves(fails(later())), ready])
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, started, started])
    expect(await post.attempts()).toMatchObject([{ status: 'published' }])
  })

  test('for a rate limit holds up its whole account, and no other', async () => {
    const limitedUntil = new Date(Date.now() + 3_600_000)
    const limited = rateLimited({ code: 'play_limited', message: 'Slow.', retryAt: limitedUntil })
    const account = await connectBluesky(stack)
    const { given } = playing([
      async (_draft, access) => {
        if (access.accountId === account.accountId) throw limited
        return finished
      },
    ])
    const first = await publish(stack, { account })
    await until(first.target, ({ waiting_code }) => waiting_code === 'rate_limited')
    const second = await publish(stack, { account })
    await until(second.target, ({ waiting_code }) => waiting_code === 'rate_limited')
    expect(given).toHaveLength(1)
    const other = await publish(stack)
    expect(await other.handle.result()).toMatchObject({ status: 'published' })
    expect(await first.row()).toMatchObject({ status: 'queued' })
    const statement = 'select rate_limited_until as at from connections where id = ?'
    const [connection] = await sql<{ at: string }>(stack, statement, [account.connectionId])
    expect(new Date(connection?.at ?? 0)).toEqual(limitedUntil)
    await Promise.all([first.handle.terminate(), second.handle.terminate()])
  })

  test('for a short rate limit goes on by itself, and no longer says that it waits', async () => {
    const retryAt = new Date(Date.now() + 1_200)
    const limited = rateLimited({ code: 'play_limited', message: 'Slow.', retryAt })
    const { given } = playing([saves(fails(limited)), ready])
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, started])
    expect(Date.now()).toBeGreaterThanOrEqual(retryAt.getTime())
    expect(await post.target()).toMatchObject({ waiting_code: null })
  })

  test('for its token refreshes once and goes on', async () => {
    const tokens: string[] = []
    const account = await connectBluesky(stack)
    const { given } = playing([
      async (_draft, access, _call, bench) => {
        tokens.push(access.accessToken)
        if (tokens.length > 1) return finished
        await bench.save(started)
        throw authExpired({ code: 'play_expired', message: 'Expired.' })
      },
    ])
    const post = await publish(stack, { account })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(given).toEqual([undefined, started])
    expect(new Set(tokens).size).toBe(2)
    const statement = 'select token_version from connections where id = ?'
    expect(await sql(stack, statement, [account.connectionId])).toEqual([{ token_version: 2 }])
  })

  test('for its token again needs a person', async () => {
    const expired = authExpired({ code: 'play_expired', message: 'Expired.' })
    const { given } = playing([fails(expired)])
    const post = await publish(stack)
    await post.reaches('failed')
    expect(await post.target()).toMatchObject({ failure_code: 'needs_reconnect', retryable: true })
    expect(given).toHaveLength(2)
    await post.handle.terminate()
  })
})

describe('an account that the platform closes while a post is prepared', () => {
  test('is told as revoked, and the next post stops before the platform', async () => {
    const account = await connectBluesky(stack)
    const revoked = authRevoked({ code: 'play_revoked', message: 'The app was removed.' })
    const { given } = playing([fails(revoked)])
    const post = await publish(stack, { account })
    await post.reaches('failed')
    expect(await post.target()).toMatchObject({ failure_code: 'needs_reconnect', retryable: true })
    const statement = 'select status, last_error from connections where id = ?'
    expect(await sql(stack, statement, [account.connectionId])).toMatchObject([
      { status: 'revoked', last_error: { code: 'play_revoked' } },
    ])
    const next = await publish(stack, { account })
    await next.reaches('failed')
    expect(given).toHaveLength(2)
    await Promise.all([post.handle.terminate(), next.handle.terminate()])
  })
})

describe('a rate limit told at the commit', () => {
  test('is shown as what the post waits for', async () => {
    const retryAt = new Date(Date.now() + 3_600_000)
    playing([ready], {
      commit: fails(rateLimited({ code: 'play_limited', message: 'Slow.', retryAt })),
    })
    const post = await publish(stack)
    await until(post.target, ({ waiting_code }) => waiting_code === 'rate_limited')
    expect(await post.attempts()).toMatchObject([{ status: 'not_sent' }])
    await post.handle.terminate()
  })
})

describe('content that broke a rule after it was staged', () => {
  test('fails at its instant, readably, and may be retried', async () => {
    playing([ready], {
      validate: ({ text }, { maxTextLength = 100 } = {}) =>
        text.length <= maxTextLength
          ? []
          : [{ code: 'text_too_long', path: 'content', message: 'The text is too long here.' }],
    })
    const account = await connectBluesky(stack)
    const dueAt = Date.now() + 4_000
    const lowered = `update connections set metadata = '{"limits":{"max_text_length":3}}' where id = ?`
    await sql(stack, lowered, [account.connectionId])
    const post = await publish(stack, { account, dueAt })
    await post.reaches('failed')
    expect(Date.now()).toBeGreaterThanOrEqual(dueAt)
    expect(await post.target()).toMatchObject({
      failure_code: 'content_invalid',
      failure_reason: 'The text is too long here.',
      retryable: true,
    })
    expect(await post.attempts()).toEqual([])
    await sql(stack, `update connections set metadata = '{}' where id = ?`, [account.connectionId])
    await command(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
  })
})
