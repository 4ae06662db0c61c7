import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Attempt, Committed, Confirmation, Draft } from '../../platforms/connector.ts'
import { partsOf } from '../../platforms/content.ts'
import { contentOf, described, draftOf, prepareOnce } from '../connectors/drive.ts'
import { attemptOf, failureOf } from '../connectors/harness.ts'
import { makeImage } from '../support/media-files.ts'
import {
  type Bench,
  commitPart,
  postsOf,
  recordAt,
  startBench,
  textCount,
  textDraft,
} from './bluesky-bench.ts'
import { installPds } from './start-pds.ts'

const installed = await installPds()
const describePeer = installed === undefined ? describe.skip : describe

let bench: Bench

type Loss = 'dropNextAnswer' | 'dropNextRequest'

/** Commits so that nobody hears the answer, then looks what became of it. */
async function lose(draft: Draft, loss: Loss, more: Partial<Attempt> = {}): Promise<Confirmation> {
  const { proxy, connector, access, call } = bench
  const throughProxy = { ...access, serviceUrl: proxy.url }
  proxy[loss]()
  const failure = await failureOf(connector.commit(draft, throughProxy, call, more.prepared))
  expect(failure).toMatchObject({ kind: 'outcome_unknown', code: 'answer_lost' })
  const seen = await connector.confirm?.(attemptOf(draft, more), access, call)
  if (!seen) throw new Error('nothing was looked up')
  return seen
}

function foundOf(seen: Confirmation): Committed {
  if (seen.outcome !== 'found') throw new Error(`not found: ${JSON.stringify(seen)}`)
  return seen.post
}

describePeer('answers lost on the way from a real Bluesky PDS', () => {
  beforeAll(async () => {
    bench = await startBench(installed ?? '')
  }, 60_000)
  afterAll(() => bench?.close())

  test('a post: found, and sending again makes no second one', async () => {
    const draft = textDraft('the answer got lost')
    const post = foundOf(await lose(draft, 'dropNextAnswer'))
    expect(await commitPart(bench, draft)).toEqual(post)
    expect(await textCount(bench, draft.text)).toBe(1)
  })

  test('a post with pictures: found with them', async () => {
    const files = [await makeImage(), await makeImage({ format: 'png' })]
    bench.files.add(...files)
    const media = files.map(({ facts }, index) => described(facts, `Picture ${index}`))
    const draft = { ...textDraft('lost with pictures'), media }
    const { connector, access, call } = bench
    const prepared = await prepareOnce(connector, draft, access, call)
    const known = prepared ? { prepared } : {}
    expect(await lose(draft, 'dropNextRequest', known)).toEqual({ outcome: 'absent' })
    expect(await textCount(bench, draft.text)).toBe(0)
    const post = foundOf(await lose(draft, 'dropNextAnswer', known))
    expect((await recordAt(bench, post.platformPostId))?.embed).toMatchObject({
      images: [{ alt: 'Picture 0' }, { alt: 'Picture 1' }],
    })
    expect(await commitPart(bench, draft, prepared)).toEqual(post)
    expect(await textCount(bench, draft.text)).toBe(1)
  })

  test.each<[string, Loss]>([
    ['arrived', 'dropNextAnswer'],
    ['never arrived', 'dropNextRequest'],
  ])('the third part of a thread, which %s', async (name, loss) => {
    const { connector, access, call } = bench
    const texts = ['one', 'two', 'three', 'four'].map((text) => `${text}, ${name}`)
    const [text = '', ...rest] = texts
    const thread = rest.map((words) => ({ text: words, media: [] }))
    const before: Committed[] = []
    for (const [index, part] of partsOf(connector, contentOf({ text, thread })).entries()) {
      const draft = draftOf(part, before)
      const prepared = await prepareOnce(connector, draft, access, call)
      if (index !== 2) {
        before.push(await commitPart(bench, draft, prepared))
        continue
      }
      const seen = await lose(draft, loss, prepared ? { prepared } : {})
      if (loss === 'dropNextRequest') expect(seen).toEqual({ outcome: 'absent' })
      const isThere = seen.outcome === 'found'
      before.push(isThere ? seen.post : await commitPart(bench, draft, prepared))
      expect(isThere).toBe(loss === 'dropNextAnswer')
    }
    const mine = (await postsOf(bench)).filter(({ value }) => texts.includes(String(value.text)))
    expect(mine.map(({ value }) => value.text).toSorted()).toEqual(texts.toSorted())
    const last = await recordAt(bench, before[3]?.platformPostId)
    expect(last?.reply).toEqual({
      root: { uri: before[0]?.platformPostId, cid: before[0]?.metadata?.cid },
      parent: { uri: before[2]?.platformPostId, cid: before[2]?.metadata?.cid },
    })
  })

  test('a gate: found, or written once more', async () => {
    const settings = { threadgate: { allow: [] } }
    const root = await commitPart(bench, textDraft('quiet', settings))
    const gate: Draft = {
      ...textDraft('quiet', settings),
      role: 'extra',
      extra: 'threadgate',
      root,
    }
    expect(await lose(gate, 'dropNextRequest')).toEqual({ outcome: 'absent' })
    const made = foundOf(await lose(gate, 'dropNextAnswer'))
    expect(await commitPart(bench, gate)).toEqual(made)
    expect(await recordAt(bench, made.platformPostId)).toMatchObject({ allow: [] })
  })
})
