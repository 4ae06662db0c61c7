import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { outcomeUnknown, rejected, transient } from '../../domain/failures.ts'
import { connectBluesky, connectMastodon, connectX } from '../api/support/accounts.ts'
import { startTestApi, type TestApi } from '../api/support/api.ts'
import { type Client, makeClient } from '../api/support/client.ts'
import { untilStatus } from '../api/support/wait.ts'
import { makeSandboxControl, type SandboxControl } from '../support/sandbox-control.ts'
import { temporalAddress } from '../support/temporal.ts'
import { startTheatre, type Theatre } from './acting.ts'

let stack: Theatre
let api: TestApi
let alice: Client
let sandbox: SandboxControl

beforeAll(async () => {
  stack = await startTheatre()
  api = await startTestApi({ stack: { ...stack, temporalAddress: await temporalAddress() } })
  alice = makeClient(api.url, api.alice.key)
  sandbox = makeSandboxControl(stack.sandbox.url)
})
beforeEach(() => stack.play({}))
afterAll(async () => {
  await api.close()
  await stack.stop()
})

function rows<T extends object>(statement: string, values: unknown[]): Promise<T[]> {
  return api.db.withTenant(api.alice.tenantId, (em) => em.execute<T[]>(statement, values))
}

async function accountOf(connectionId: string): Promise<string> {
  const statement = 'select platform_account_id as id from connections where id = ?'
  const [row] = await rows<{ id: string }>(statement, [connectionId])
  return row?.id ?? ''
}

/** A published post; its text tells it from others. */
async function published(connections: string[], settings: object = {}) {
  const text = `errand ${crypto.randomUUID()}`
  const targets = connections.map((connection_id) => ({ connection_id, settings }))
  const reply = await alice.post('/v1/posts', { content: text, targets, publish: 'now' })
  expect(reply.text && reply.status).toBe(201)
  const id = String(reply.json.id)
  await untilStatus(alice, id, 'published')
  const standing = async () => (await sandbox.posts({ text })).map(({ platform }) => platform)
  return { id, standing }
}

const deletesOnX = async () => (await sandbox.calls({ platform: 'x', step: 'delete' })).length

const remove = (id: string) => alice.delete(`/v1/posts/${id}?from_platforms=true`)

describe('deleting from the platforms', () => {
  test('renews a token that has ended, and leaves nothing anywhere', async () => {
    const [x, mastodon] = [await connectX(api, alice), await connectMastodon(api, alice)]
    const { id, standing } = await published([x, mastodon])
    expect((await standing()).toSorted()).toEqual(['mastodon', 'x'])
    await sandbox.expire('x', await accountOf(x))
    expect((await remove(id)).status).toBe(204)
    expect(await standing()).toEqual([])
    expect((await alice.get(`/v1/posts/${id}`)).status).toBe(404)
    expect((await remove(id)).status).toBe(404)
    const version = 'select token_version from connections where id = ?'
    expect(await rows(version, [x])).toEqual([{ token_version: 2 }])
    const removed = 'select count(removed_at)::int as n from post_targets where post_id = ?'
    expect(await rows(removed, [id])).toEqual([{ n: 2 }])
  })

  test('takes a thread away from its end', async () => {
    const bluesky = await connectBluesky(api, alice)
    const thread = ['two', 'three'].map((content) => ({ content }))
    const { id } = await published([bluesky], { thread })
    const account = await accountOf(bluesky)
    const left = async () => {
      const posts = await sandbox.posts({ platform: 'bluesky' })
      return posts.filter(({ account_id }) => account_id === account).length
    }
    expect(await left()).toBe(3)
    expect((await remove(id)).status).toBe(204)
    expect(await left()).toBe(0)
  })

  test('that one platform refuses says so, and a repeat finishes it', async () => {
    const [bluesky, x] = [await connectBluesky(api, alice), await connectX(api, alice)]
    const { id, standing } = await published([bluesky, x])
    const message = 'This post is locked by its platform.'
    stack.play({
      remove: async () => {
        throw rejected({ code: 'play_locked', message })
      },
    })
    expect(await remove(id)).toMatchObject({
      status: 409,
      json: {
        code: 'removal_incomplete',
        errors: [{ path: 'targets[0]', code: 'play_locked', message }],
      },
    })
    expect(await standing()).toEqual(['bluesky'])
    const { json } = await alice.get(`/v1/posts/${id}`)
    expect(json.status).toBe('published')
    stack.play({})
    const before = await deletesOnX()
    expect((await remove(id)).status).toBe(204)
    expect(await standing()).toEqual([])
    expect(await deletesOnX()).toBe(before)
  })

  test('is tried again when a platform is in trouble', async () => {
    const bluesky = await connectBluesky(api, alice)
    const { id, standing } = await published([bluesky])
    const real = stack.deps.connector('bluesky')?.remove
    let troubles = 1
    stack.play({
      remove: async (...args) => {
        if (troubles-- > 0) throw transient({ code: 'play_away', message: 'Away.' })
        return real?.(...args)
      },
    })
    expect((await remove(id)).status).toBe(204)
    expect(await standing()).toEqual([])
  })

  test('where apps may delete nothing is refused before anything is deleted', async () => {
    const x = await connectX(api, alice)
    const { id, standing } = await published([x])
    await addTarget(id, 'tiktok')
    const refused = await remove(id)
    expect(refused).toMatchObject({
      status: 422,
      json: { code: 'platform_unsupported', errors: [{ path: 'targets[1]' }] },
    })
    expect(String(refused.json.detail)).toMatch(/TikTok/)
    expect(await standing()).toEqual(['x'])
    expect((await alice.get(`/v1/posts/${id}`)).status).toBe(200)
  })

  test('of a post whose fate is unknown is refused', async () => {
    const real = stack.deps.connector('bluesky')
    stack.play({
      commit: async (draft, ...more) => {
        if (draft.role === 'reply' || real === undefined) {
          throw outcomeUnknown({ code: 'play_lost', message: 'The answer was lost.' })
        }
        return real.commit(draft, ...more)
      },
      confirm: async () => ({ outcome: 'cannot_tell', message: 'Look at the account.' }),
    })
    const settings = { thread: [{ content: 'two' }] }
    const text = `unknown ${crypto.randomUUID()}`
    const targets = [{ connection_id: await connectBluesky(api, alice), settings }]
    const { json } = await alice.post('/v1/posts', { content: text, targets, publish: 'now' })
    const id = String(json.id)
    await untilStatus(alice, id, 'unconfirmed')
    const refused = await remove(id)
    expect(refused).toMatchObject({ status: 409, json: { current_status: 'unconfirmed' } })
    expect(await sandbox.posts({ text })).toHaveLength(1)
    // Once it is known, what is out of the thread can go.
    const told = { target_id: json.targets?.[0]?.id, as: 'not_published' }
    expect((await alice.post(`/v1/posts/${id}/resolve`, told)).status).toBe(200)
    expect((await remove(id)).status).toBe(204)
    expect(await sandbox.posts({ text })).toEqual([])
  })
})

/** A published target on a platform that this stack does not publish to. */
async function addTarget(postId: string, platform: string): Promise<void> {
  const { tenantId, userId } = api.alice
  await rows(
    `with account as (
       insert into connections (tenant_id, user_id, platform, platform_account_id)
       values (?, ?, ?, ?) returning id
     )
     insert into post_targets (tenant_id, post_id, connection_id, platform, position, status,
       platform_post_id, published_at)
     select ?, ?, id, ?, 1, 'published', 'made:elsewhere', now() from account`,
    [tenantId, userId, platform, crypto.randomUUID(), tenantId, postId, platform],
  )
}

describe('looking a post up', () => {
  test('keeps an address that the platform gave late', async () => {
    const bluesky = await connectBluesky(api, alice)
    const { id } = await published([bluesky])
    await rows('update post_targets set permalink = null where post_id = ?', [id])
    const permalink = 'https://play.test/late'
    stack.play({ lookup: async () => ({ state: 'live', permalink }) })
    const seen = await alice.post(`/v1/posts/${id}/lookup`)
    expect(seen).toMatchObject({ status: 200, json: { data: [{ state: 'live', permalink }] } })
    const { json } = await alice.get(`/v1/posts/${id}`)
    expect(json.targets?.[0]?.permalink).toBe(permalink)
  })

  test('renews a token that has ended, and finds the post', async () => {
    const x = await connectX(api, alice)
    const { id } = await published([x])
    await sandbox.expire('x', await accountOf(x))
    const seen = await alice.post(`/v1/posts/${id}/lookup`)
    expect(seen.json.data).toMatchObject([{ state: 'live', code: null }])
  })

  test('tells what the platform removed, which then needs no deleting', async () => {
    const bluesky = await connectBluesky(api, alice)
    const { id } = await published([bluesky])
    stack.play({ lookup: async () => ({ state: 'removed' }) })
    const seen = await alice.post(`/v1/posts/${id}/lookup`)
    expect(seen.json.data).toMatchObject([{ state: 'removed', permalink: null }])
    stack.play({
      remove: async () => {
        throw rejected({ code: 'play_never', message: 'It is gone already.' })
      },
    })
    expect((await remove(id)).status).toBe(204)
  })

  test('that a platform cannot answer says why', async () => {
    const bluesky = await connectBluesky(api, alice)
    const { id } = await published([bluesky])
    stack.play({
      lookup: async () => {
        throw rejected({ code: 'play_closed', message: 'Closed.' })
      },
    })
    const seen = await alice.post(`/v1/posts/${id}/lookup`)
    expect(seen.json.data).toMatchObject([{ state: 'unknown', code: 'play_closed' }])
  })
})
