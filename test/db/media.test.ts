import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EntityManager } from '@mikro-orm/postgresql'
import { violatedConstraint } from '../../db/database-errors.ts'
import { PostMedia } from '../../db/entities/post-media.ts'
import {
  deleteMedia,
  getMediaFacts,
  insertMedia,
  mediaOfPosts,
  replacePostMedia,
} from '../../db/repositories/media-assets.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type FilledTeam, makeFilledTeam } from './rows.ts'

let database: TestDatabase
let team: FilledTeam
let count = 0

beforeAll(async () => {
  database = await testDatabase()
  team = await makeFilledTeam(database.db)
})
afterAll(() => database.drop())

const inTenant = <T>(work: (em: EntityManager) => Promise<T>) =>
  database.db.withTenant(team.tenantId, work)

/** Name of the constraint that the work violates. */
async function constraintOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => violatedConstraint(error),
  )
}

const newSha256 = () => String(count++).padStart(64, '0')

function store(sha256 = newSha256()) {
  const { tenantId, adminId: createdBy } = team
  const facts = { kind: 'video' as const, mimeType: 'video/mp4', bytes: 5_000_000_000, sha256 }
  const picture = { fileName: 'a.mp4', width: 10, height: 20, durationMs: 1_500, frameRate: 29.97 }
  const row = { tenantId, createdBy, storageKey: `${tenantId}/${sha256}`, sourceUrl: null }
  return inTenant((em) => insertMedia(em, { ...row, facts: { ...facts, ...picture } }))
}

async function storeId(): Promise<string> {
  return (await store()).asset.id
}

describe('files', () => {
  test('are one row for the same bytes, and come back as they were probed', async () => {
    const first = await store()
    const again = await store(first.asset.sha256)
    expect([first.isNew, again.isNew, again.asset.id]).toEqual([true, false, first.asset.id])
    const { id, sha256 } = first.asset
    const unknown = crypto.randomUUID()
    const facts = await inTenant((em) => getMediaFacts(em, [id, unknown, id]))
    expect([...facts]).toEqual([
      [
        id,
        {
          ...{ id, sha256, kind: 'video', mimeType: 'video/mp4', bytes: 5_000_000_000 },
          ...{ fileName: 'a.mp4', width: 10, height: 20, durationMs: 1_500, frameRate: 29.97 },
        },
      ],
    ])
  })
})

describe('uses of files', () => {
  test('are replaced as a whole and read by post, in order', async () => {
    const { tenantId, postId, targetId } = team
    const ids = { tenantId, postId }
    const [one, two] = [await storeId(), await storeId()]
    const use = (
      place: string,
      position: number,
      mediaId: string,
      target: string | null = null,
    ) => ({
      ...{ targetId: target, place, position, mediaId },
      altText: position === 0 ? 'words' : null,
    })
    const uses = [
      use('media', 0, one),
      use('media', 1, two),
      use('media', 0, two, targetId),
      use('settings.cover_media_id', 0, one),
      use('thread.0', 0, one),
    ]
    await inTenant((em) => replacePostMedia(em, ids, [use('media', 0, two)]))
    await inTenant((em) => replacePostMedia(em, ids, uses.toReversed()))
    const found = await inTenant((em) => mediaOfPosts(em, tenantId, [postId, crypto.randomUUID()]))
    expect([...found.keys()]).toEqual([postId])
    const own = found.get(postId)?.filter((used) => used.targetId === null) ?? []
    expect(
      own.map(({ place, mediaId, altText, facts }) => [place, mediaId, altText, facts.id]),
    ).toEqual([
      ['media', one, 'words', one],
      ['media', two, null, two],
      ['settings.cover_media_id', one, 'words', one],
      ['thread.0', one, 'words', one],
    ])
    expect(found.get(postId)).toHaveLength(5)
    await inTenant((em) => replacePostMedia(em, ids, []))
    expect((await inTenant((em) => mediaOfPosts(em, tenantId, [postId]))).size).toBe(0)
  })

  test.each([
    ['an unknown place', { place: 'elsewhere' }, 'post_media_place_check'],
    ['a place of its own making', { place: 'settings.x' }, 'post_media_place_check'],
    ['a negative position', { position: -1 }, 'post_media_position_check'],
    ['a file that there is not', { mediaId: crypto.randomUUID() }, 'post_media_media_foreign'],
  ])('do not name %s', async (_what, wrong, constraint) => {
    const right = { targetId: null, place: 'media', position: 0, altText: null }
    const use = { ...right, mediaId: await storeId(), ...wrong }
    const work = inTenant((em) => replacePostMedia(em, team, [use]))
    expect(await constraintOf(work)).toBe(constraint)
  })

  test('have a place each', async () => {
    const use = { targetId: null, place: 'media', position: 0, altText: null }
    const both = [
      { ...use, mediaId: await storeId() },
      { ...use, mediaId: await storeId() },
    ]
    const work = inTenant((em) => replacePostMedia(em, team, both))
    expect(await constraintOf(work)).toBe('post_media_place_unique')
  })
})

describe('deleting a file', () => {
  const use = (mediaId: string) => ({
    ...{ targetId: null, place: 'media', position: 0, mediaId, altText: null },
  })

  test('waits for a post that is being written with it, and is then refused', async () => {
    const id = await storeId()
    const written = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const writing = inTenant(async (em) => {
      await replacePostMedia(em, team, [use(id)])
      written.resolve()
      await asked.promise
    })
    await written.promise
    const deleting = inTenant((em) => deleteMedia(em, id))
    asked.resolve()
    await writing
    expect(await deleting).toEqual({ outcome: 'in_use', postIds: [team.postId] })
  })

  test('first leaves a post that comes later no file to name', async () => {
    const id = await storeId()
    expect(await inTenant((em) => deleteMedia(em, id))).toMatchObject({ outcome: 'deleted' })
    const work = inTenant((em) => replacePostMedia(em, team, [use(id)]))
    expect(await constraintOf(work)).toBe('post_media_media_foreign')
  })

  test('is refused by the database itself, whoever forgets to look', async () => {
    const id = await storeId()
    await inTenant((em) => replacePostMedia(em, team, [use(id)]))
    const remove = inTenant((em) => em.execute('delete from media_assets where id = ?', [id]))
    expect(await constraintOf(remove)).toBe('post_media_media_foreign')
  })

  test('goes with the post’s row, should that ever be removed', async () => {
    const id = await storeId()
    await inTenant((em) => replacePostMedia(em, team, [use(id)]))
    await inTenant((em) => em.execute('delete from posts where id = ?', [team.postId]))
    expect(await inTenant((em) => em.count(PostMedia, { mediaId: id }))).toBe(0)
    expect(await inTenant((em) => deleteMedia(em, id))).toMatchObject({ outcome: 'deleted' })
  })
})
