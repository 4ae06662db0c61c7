import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RequiredEntityData } from '@mikro-orm/core'
import type { Post } from '../../db/entities/post.ts'
import type { PostTarget } from '../../db/entities/post-target.ts'
import { plannedBetween, sentSince } from '../../db/repositories/account-use.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const HOUR_MS = 3_600_000
const hours = (count: number) => new Date(NOW + count * HOUR_MS)

let database: TestDatabase
let team: Team

beforeAll(async () => {
  database = await testDatabase()
  team = await makeTeam(database.db)
})
afterAll(() => database.drop())

function newAccount(of = team): Promise<{ tenantId: string; connectionId: string }> {
  return database.db.withTenant(of.tenantId, async (em) => {
    const platformAccountId = randomUUID()
    const connectionId = await addConnection(em, of, {
      ...{ status: 'active', platformAccountId, isAuthenticated: true, connectedAt: hours(-99) },
    })
    return { tenantId: of.tenantId, connectionId }
  })
}

type Account = Awaited<ReturnType<typeof newAccount>>

function add(
  { connectionId }: Account,
  post: Partial<RequiredEntityData<Post>>,
  target: Omit<Partial<RequiredEntityData<PostTarget>>, 'postId' | 'connectionId'> = {},
): Promise<string> {
  return database.db.withTenant(team.tenantId, async (em) => {
    const postId = await addPost(em, team, post)
    await addTarget(em, team, { postId, connectionId, ...target })
    return postId
  })
}

function sent(account: Account, at: Date, parts: PostTarget['parts'] = []): Promise<string> {
  const post = { status: 'published' as const, publishStartedAt: at, postedAt: at }
  const out = { status: 'published' as const, platformPostId: randomUUID(), publishedAt: at }
  return add(account, post, { ...out, parts })
}

const partsOf = (...roles: PostTarget['parts'][number]['role'][]) =>
  roles.map((role, part) => ({
    ...{ part, role, platform_post_id: `${part}`, permalink: null, metadata: {} },
    published_at: hours(0).toISOString(),
  }))

describe('what an account has sent', () => {
  const since = (account: Account, at: Date, atMost = 100) =>
    database.db.withTenant(account.tenantId, (em) => sentSince(em, account, at, atMost))

  test('is counted after the instant, newest first, a thread by its posts', async () => {
    const account = await newAccount()
    await sent(account, hours(-5))
    await sent(account, hours(-1))
    await sent(account, hours(-2), partsOf('post', 'extra', 'reply', 'reply', 'comment'))
    await sent(await newAccount(), hours(-1))
    expect(await since(account, hours(-5))).toEqual([
      { atMs: hours(-1).getTime(), posts: 1 },
      { atMs: hours(-2).getTime(), posts: 3 },
    ])
    expect(await since(account, hours(-6), 1)).toEqual([{ atMs: hours(-1).getTime(), posts: 1 }])
  })

  test('stays counted when the post is deleted: the platform counted it too', async () => {
    const account = await newAccount()
    const postId = await sent(account, hours(-1))
    const hide = 'update posts set deleted_at = now() where id = ?'
    await database.db.withTenant(team.tenantId, (em) => em.execute(hide, [postId]))
    expect(await since(account, hours(-2))).toHaveLength(1)
  })

  test('is no business of another tenant', async () => {
    const account = await newAccount()
    await sent(account, hours(-1))
    const { tenantId } = await makeTeam(database.db)
    expect(await since({ ...account, tenantId }, hours(-2))).toEqual([])
  })
})

describe('what an account has planned', () => {
  const between = (account: Account, exceptPostId?: string, atMost = 100) => {
    const window = { from: hours(1), to: hours(3), atMost, ...(exceptPostId && { exceptPostId }) }
    return database.db.withTenant(account.tenantId, (em) => plannedBetween(em, account, window))
  }
  const plan = (account: Account, at: Date, settings: PostTarget['settings'] = {}) =>
    add(account, { status: 'scheduled', scheduledAt: at }, { settings })

  test('lies within the window, the later end included', async () => {
    const account = await newAccount()
    const inside = [await plan(account, hours(2)), await plan(account, hours(3))]
    for (const at of [hours(1), hours(4)]) await plan(account, at)
    await add(account, { scheduledAt: hours(2) })
    expect(await between(account)).toHaveLength(2)
    expect(await between(account, inside[0])).toEqual([{ atMs: hours(3).getTime(), posts: 1 }])
    expect(await between(account, undefined, 1)).toHaveLength(1)
  })

  test('counts a thread by its parts, and one that is none as a post', async () => {
    const account = await newAccount()
    await plan(account, hours(2), { thread: [{ content: 'b' }, { content: 'c' }] })
    await plan(account, hours(3), { thread: 'no list' })
    const posts = (await between(account)).map((one) => one.posts)
    expect(posts.toSorted()).toEqual([1, 3])
  })

  test('holds what is on its way, and not what is out, withdrawn or deleted', async () => {
    const account = await newAccount()
    const queued = { status: 'queued' as const, publishStartedAt: hours(2) }
    await add(account, queued, { status: 'publishing', frozenAt: hours(2) })
    await add(account, queued, { status: 'cancelled' })
    const hidden = { status: 'scheduled' as const, scheduledAt: hours(2), deletedAt: hours(0) }
    await add(account, hidden)
    await sent(account, hours(2))
    expect(await between(account)).toHaveLength(1)
  })
})
