import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { outcomeUnknown, rejected } from '../../domain/failures.ts'
import type { Confirmation, Draft } from '../../platforms/connector.ts'
import { command, edit, sql } from '../support/drive.ts'
import { until } from '../support/rows.ts'
import { type Acts, made, publish, startTheatre, type Theatre } from './acting.ts'

let stack: Theatre

beforeAll(async () => {
  stack = await startTheatre()
})
afterAll(() => stack.stop())

const COMMENT = { first_comment: 'first!' }
const rude = rejected({ code: 'play_rude', message: 'Too rude.' })
const lost = outcomeUnknown({ code: 'play_lost', message: 'The answer was lost.' })

/** Plays a platform that keeps what is sent; `before` throws to make a part fail. */
function playing(before: (draft: Draft) => Promise<void> | void, acts: Acts = {}) {
  const sent: string[] = []
  const parents: (string | undefined)[] = []
  stack.play({
    validate: () => [],
    prepare: async () => ({ state: {} }),
    commit: async (draft) => {
      await before(draft)
      parents.push(draft.parent?.platformPostId)
      const name = draft.extra ?? draft.text
      sent.push(name)
      return made(name)
    },
    ...acts,
  })
  return { sent, parents }
}

const failing = (role: Draft['role'], error: Error) => (draft: Draft) => {
  if (draft.role === role) throw error
}

describe('a first comment', () => {
  test('follows the post, and belongs under it', async () => {
    const { sent, parents } = playing(() => undefined)
    const settings = { ...COMMENT, thread: [{ content: 'two' }] }
    const post = await publish(stack, { settings })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['words', 'two', 'first!'])
    expect(parents).toEqual([undefined, 'made:words', 'made:words'])
  })

  test('that is refused is a warning on a published post', async () => {
    const { sent } = playing(failing('comment', rude))
    const post = await publish(stack, { settings: COMMENT })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(await post.target()).toMatchObject({
      status: 'published',
      platform_post_id: 'made:words',
      failure_code: null,
      warnings: [{ code: 'play_rude', message: 'The first comment failed: Too rude.' }],
    })
    expect(sent).toEqual(['words'])
  })

  test('is left out when its account is switched off after the post', async () => {
    const { sent } = playing(async ({ role }) => {
      if (role !== 'post') return
      await sql(stack, `update connections set is_active = false where status = 'active'`)
    })
    const post = await publish(stack, { settings: COMMENT })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    const { warnings } = await post.target()
    expect(warnings).toMatchObject([{ code: 'connection_inactive' }])
    expect(warnings[0]?.message).toContain('switched off')
    expect(sent).toEqual(['words'])
  })

  test('whose answer is lost is looked up and found', async () => {
    const seen: Draft['role'][] = []
    const { sent } = playing(failing('comment', lost), {
      confirm: async ({ draft }) => {
        seen.push(draft.role)
        return { outcome: 'found', post: made('found') }
      },
    })
    const post = await publish(stack, { settings: COMMENT })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect([sent, seen]).toEqual([['words'], ['comment']])
    expect(await post.target()).toMatchObject({ platform_post_id: 'made:words', warnings: [] })
    expect(await post.attempts()).toMatchObject([
      { part: 0, status: 'published' },
      { part: 1, role: 'comment', status: 'published', confirmed_by: 'lookup' },
    ])
  })

  test('whose answer is lost and that is not there is sent once more', async () => {
    let isLost = true
    const { sent } = playing(
      ({ role }) => {
        if (role !== 'comment' || !isLost) return
        isLost = false
        throw lost
      },
      { confirm: async () => ({ outcome: 'absent' }) },
    )
    const post = await publish(stack, { settings: COMMENT })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['words', 'first!'])
    const attempts = await post.attempts()
    expect(attempts.map(({ part, status }) => [part, status])).toEqual([
      [0, 'published'],
      [1, 'absent'],
      [1, 'published'],
    ])
  })

  test.each([
    ['not_published', { code: 'not_published' }],
    ['published', undefined],
  ] as const)('whose fate a person tells as %s ends the post as published', async (as, warning) => {
    const unknown: Confirmation = { outcome: 'cannot_tell', message: 'Look at the account.' }
    playing(failing('comment', lost), { confirm: async () => unknown })
    const post = await publish(stack, { settings: COMMENT })
    const { targets } = await post.reaches('unconfirmed')
    const told = as === 'published' ? { platformPostId: 'seen:comment' } : {}
    await command(post, 'resolve', { targetId: targets[0]?.id, as, ...told })
    expect(await post.handle.result()).toMatchObject({ status: 'published', failureCodes: [] })
    const target = await post.target()
    expect(target).toMatchObject({ status: 'published', platform_post_id: 'made:words' })
    expect(target.warnings).toMatchObject(warning ? [warning] : [])
  })
})

describe('an addition to a post', () => {
  const extras = { extras: () => ['thumbnail', 'caption'] }

  test('that is refused is a warning, and what follows goes on', async () => {
    const refuse = ({ extra }: Draft) => {
      if (extra === 'thumbnail') throw rude
    }
    const { sent } = playing(refuse, extras)
    const settings = { ...COMMENT, thread: [{ content: 'two' }] }
    const post = await publish(stack, { settings })
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['words', 'caption', 'two', 'first!'])
    expect(await post.target()).toMatchObject({
      warnings: [{ code: 'play_rude', message: 'An addition to the post failed: Too rude.' }],
    })
  })

  test.each(['thumbnail', 'caption'])('%s that cannot be prepared is left out', async (name) => {
    const { sent } = playing(() => undefined, {
      ...extras,
      prepare: async (draft, _access, _call, bench) => {
        await bench.save({ state: { part: draft.extra ?? draft.role } })
        if (draft.extra === name) throw rude
        return { state: {} }
      },
    })
    const post = await publish(stack)
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['words', 'thumbnail', 'caption'].filter((one) => one !== name))
    expect(await post.target()).toMatchObject({
      warnings: [{ code: 'play_rude', message: 'An addition to the post failed: Too rude.' }],
    })
    expect(await post.checkpoints()).toEqual([])
  })
})

describe('a thread that stopped half way', () => {
  const thread = ['two', 'three', 'four'].map((content) => ({ content }))

  async function stopped() {
    let isRude = true
    const { sent } = playing(({ text }) => {
      if (text === 'three' && isRude) throw rude
    })
    const post = await publish(stack, { settings: { thread } })
    await post.reaches('failed')
    isRude = false
    const rewrite = async (next: object[]) => {
      const settings = JSON.stringify({ thread: next })
      await sql(stack, 'update post_targets set settings = ?::jsonb where post_id = ?', [
        settings,
        post.postId,
      ])
      await edit(stack, post)
    }
    return { post, sent, rewrite }
  }

  test('goes on where it stopped when it is tried again', async () => {
    const { post, sent, rewrite } = await stopped()
    expect(await post.target()).toMatchObject({ next_part: 2, retryable: false })
    await rewrite([{ content: 'two' }, { content: 'drei' }, { content: 'vier' }])
    await command(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['words', 'two', 'drei', 'vier'])
    expect((await post.target()).parts.map(({ part }) => part)).toEqual([0, 1, 2, 3])
  })

  test('and of which a person drops the rest is published as it is', async () => {
    const { post, sent, rewrite } = await stopped()
    await rewrite([{ content: 'two' }])
    await command(post, 'retry')
    expect(await post.handle.result()).toMatchObject({ status: 'published' })
    expect(sent).toEqual(['words', 'two'])
    expect(await post.target()).toMatchObject({
      status: 'published',
      platform_post_id: 'made:words',
      failure_reason: null,
    })
  })

  test('and lacks what is out fails again: it is not what was published', async () => {
    const { post, sent, rewrite } = await stopped()
    await rewrite([])
    await command(post, 'retry')
    await until(post.target, ({ failure_code }) => failure_code === 'thread_changed')
    expect(sent).toEqual(['words', 'two'])
    await post.handle.terminate()
  })
})
