import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type ConnectionFilter,
  defaultConnections,
  getConnection,
  listConnections,
} from '../../db/repositories/connection-queries.ts'
import { encodeCursor, InvalidCursor } from '../../db/repositories/keyset.ts'
import { getPost, listPosts, type PostFilter } from '../../db/repositories/post-queries.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { addConnection, addPost, addTarget, makeTeam, type Team } from './rows.ts'

let database: TestDatabase
let team: Team
let blue: string
let mast: string
const posts: Record<string, string> = {}

beforeAll(async () => {
  database = await testDatabase()
  team = await makeTeam(database.db)
  await inTenant(async (em) => {
    const active = { status: 'active', isAuthenticated: true } as const
    const account = () => ({ ...active, platformAccountId: randomUUID() })
    const connectedAt = new Date('2030-01-01T00:00:00Z')
    blue = await addConnection(em, team, { ...account(), connectedAt })
    mast = await addConnection(em, team, { ...account(), connectedAt, platform: 'mastodon' })
    const add = async (name: string, data: object, connectionIds: string[]) => {
      const postId = await addPost(em, team, data)
      for (const [position, connectionId] of connectionIds.entries()) {
        const platform = connectionId === blue ? 'bluesky' : 'mastodon'
        const content = name === 'variant' ? 'for 100%_sure' : null
        await addTarget(em, team, { postId, connectionId, platform, position, content })
      }
      posts[name] = postId
    }
    await add('spring', { campaign: 'spring', content: 'Tulips \\ roses' }, [blue])
    await add('due', { status: 'scheduled', scheduledAt: new Date('2030-05-01') }, [mast, blue])
    await add('variant', { notes: 'internal' }, [mast])
    await add('deleted', { deletedAt: new Date() }, [blue])
  })
})
afterAll(() => database.drop())

type Work<T> = Parameters<typeof database.db.withTenant<T>>[1]

function inTenant<T>(work: Work<T>): Promise<T> {
  return database.db.withTenant(team.tenantId, work)
}

/** Names of the posts found, in alphabetical order. */
async function found(filter: Partial<PostFilter>): Promise<string[]> {
  const page = await inTenant((em) => listPosts(em, { limit: 100, ...filter }))
  const nameOf = new Map(Object.entries(posts).map(([name, id]) => [id, name]))
  return page.data.map(({ post }) => nameOf.get(post.id) ?? post.id).toSorted()
}

describe('posts', () => {
  test.each<[string, Partial<PostFilter>, string[]]>([
    ['everything but deleted ones', {}, ['due', 'spring', 'variant']],
    ['status', { status: ['scheduled', 'failed'] }, ['due']],
    ['platform', { platform: 'mastodon' }, ['due', 'variant']],
    ['campaign', { campaign: 'spring' }, ['spring']],
    ['words in the content', { q: 'tULIPS' }, ['spring']],
    ['words in the notes', { q: 'internal' }, ['variant']],
    ['wildcards as they stand', { q: '100%_s' }, ['variant']],
    ['a lone wildcard', { q: '_____%' }, []],
    ['a backslash', { q: '\\' }, ['spring']],
    ['a quote', { q: `' or true --` }, []],
    ['a question mark', { q: '?' }, []],
    ['from', { from: new Date('2030-05-01') }, ['due']],
    ['to, exclusive', { to: new Date('2030-05-01') }, ['spring', 'variant']],
    ['several at once', { platform: 'bluesky', status: ['draft'], q: 'roses' }, ['spring']],
    ['nothing', { campaign: 'autumn' }, []],
  ])('by %s', async (_what, filter, names) => {
    expect(await found(filter)).toEqual(names)
  })

  test('by connection', async () => {
    expect(await found({ connectionId: blue })).toEqual(['due', 'spring'])
    expect(await found({ connectionId: randomUUID() })).toEqual([])
  })

  test('one, with its targets in order', async () => {
    const one = await inTenant((em) => getPost(em, posts.due ?? ''))
    expect(one?.post).toMatchObject({ id: posts.due, status: 'scheduled', revision: 1, seq: 0 })
    expect(one?.post.scheduledAt).toEqual(new Date('2030-05-01'))
    expect(one?.targets.map(({ connectionId }) => connectionId)).toEqual([mast, blue])
    expect(await inTenant((em) => getPost(em, posts.deleted ?? ''))).toBeUndefined()
    expect(await inTenant((em) => getPost(em, randomUUID()))).toBeUndefined()
  })
})

describe('pages', () => {
  test('show every post once, newest first, whatever the page size and equal instants', async () => {
    const many = await makeTeam(database.db)
    // Created in one transaction, most share their instant; some differ by microseconds only.
    await database.db.withTenant(many.tenantId, async (em) => {
      for (let index = 0; index < 11; index++) await addPost(em, many)
      await em.execute(
        `update posts set created_at = created_at + interval '1 microsecond'
         where id in (select id from posts limit 5)`,
      )
    })
    for (const limit of [1, 2, 3, 10, 11, 12]) {
      const seen = await allPages(many, limit)
      const order = await database.db.withTenant(many.tenantId, (em) =>
        em.execute<{ id: string }[]>('select id from posts order by created_at desc, id'),
      )
      expect(seen).toEqual(order.map(({ id }) => id))
    }
  })

  async function allPages(owner: Team, limit: number): Promise<string[]> {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await database.db.withTenant(owner.tenantId, (em) =>
        listPosts(em, { limit, cursor }),
      )
      seen.push(...page.data.map(({ post }) => post.id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    return seen
  }

  test.each([
    '',
    'x',
    encodeCursor({ at: 'now()', id: randomUUID() }),
    encodeCursor({ at: '', id: '' }),
  ])('refuse the cursor %p', async (cursor) => {
    const list = inTenant((em) => listPosts(em, { limit: 1, cursor }))
    await expect(list).rejects.toThrow(InvalidCursor)
  })
})

describe('connections', () => {
  const list = async (filter: Partial<ConnectionFilter>) => {
    const page = await inTenant((em) => listConnections(em, { limit: 100, ...filter }))
    return page.data.map(({ id }) => id).toSorted()
  }

  test('by platform, status and activity', async () => {
    expect(await list({})).toEqual([blue, mast].toSorted())
    expect(await list({ platform: 'mastodon' })).toEqual([mast])
    expect(await list({ status: ['active'] })).toHaveLength(2)
    expect(await list({ status: ['expired', 'revoked'] })).toEqual([])
    expect(await list({ isActive: false })).toEqual([])
  })

  test('in pages', async () => {
    const first = await inTenant((em) => listConnections(em, { limit: 1 }))
    const cursor = first.nextCursor ?? ''
    const second = await inTenant((em) => listConnections(em, { limit: 1, cursor }))
    const ids = [...first.data, ...second.data].map(({ id }) => id)
    expect(ids.toSorted()).toEqual([blue, mast].toSorted())
    expect(second.nextCursor).toBeNull()
  })

  test('one', async () => {
    const one = await inTenant((em) => getConnection(em, blue))
    expect(one).toMatchObject({ id: blue, status: 'active', scopes: [], settings: {}, seq: 0 })
    const other = await makeTeam(database.db)
    const foreign = database.db.withTenant(other.tenantId, (em) => getConnection(em, blue))
    expect(await foreign).toBeUndefined()
  })

  test('the default of each platform: the marked one, else the longest connected', async () => {
    const older = await inTenant((em) =>
      addConnection(em, team, {
        ...{ platform: 'mastodon', status: 'active', isAuthenticated: true },
        ...{ platformAccountId: 'older', connectedAt: new Date('2029-01-01') },
      }),
    )
    const defaults = async () => {
      const chosen = await inTenant((em) => defaultConnections(em, ['bluesky', 'mastodon', 'x']))
      return chosen.map(({ id }) => id).toSorted()
    }
    expect(await defaults()).toEqual([blue, older].toSorted())
    await inTenant((em) =>
      em.execute('update connections set is_default = true where id = ?', [mast]),
    )
    expect(await defaults()).toEqual([blue, mast].toSorted())
    await inTenant((em) =>
      em.execute('update connections set is_active = false where id = ?', [blue]),
    )
    expect(await defaults()).toEqual([mast])
  })
})
