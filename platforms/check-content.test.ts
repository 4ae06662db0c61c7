import { afterAll, describe, expect, test } from '@jest/globals'
import { brokenCaps, checkContent } from './check-content.ts'
import type { Connector, Content, Limits } from './connector.ts'
import { makeRegistry } from './registry.ts'
import { makeContent } from './testing/drafts.ts'

const HOUR_MS = 3_600_000
const source = 'https://play.test/limits'

const registry = makeRegistry({ http: { userAgent: 'clarion-test' } })
afterAll(() => registry.http.close())

/** A connector with these limits whose own judgement is the length of the text. */
function connectorWith(limits: Partial<Limits>): Connector {
  const real = registry.connector('bluesky')
  if (real === undefined) throw new Error('bluesky is not offered')
  return {
    ...real,
    limits: { maxTextLength: 3, textUnit: 'characters', source, ...limits },
    validate: ({ text }, { maxTextLength = 3 } = {}) =>
      text.length > maxTextLength
        ? [{ code: 'text_too_long', path: 'content', message: 'It is too long.' }]
        : [],
  }
}

function judge(limits: Partial<Limits>, content: Partial<Content>) {
  const found = checkContent(connectorWith(limits), makeContent('a', content))
  return found.map(({ path, code }) => `${path} ${code}`)
}

const replies = (count: number) => Array.from({ length: count }, () => ({ text: 'b', media: [] }))

describe('content', () => {
  test('is judged by the connector, with the limits of the account', () => {
    expect(judge({}, { text: 'abcd' })).toEqual(['content text_too_long'])
    const account = { maxTextLength: 4 }
    expect(checkContent(connectorWith({}), makeContent('abcd'), account)).toEqual([])
  })

  test.each([
    ['no threads', {}, 1, ['settings.thread thread_unsupported']],
    ['threads of two', { maxThreadParts: 2 }, 1, []],
    ['threads of two', { maxThreadParts: 2 }, 2, ['settings.thread thread_too_long']],
    ['no threads', {}, 0, []],
  ])('on a platform with %s', (_what, limits, count, findings) => {
    expect(judge(limits, { thread: replies(count) })).toEqual(findings)
  })

  test.each([
    ['no comments', {}, 'hi', ['settings.first_comment first_comment_unsupported']],
    ['comments of two', { maxFirstCommentLength: 2 }, 'hi', []],
    [
      'comments of one',
      { maxFirstCommentLength: 1 },
      'hi',
      ['settings.first_comment first_comment_too_long'],
    ],
  ])('on a platform with %s', (_what, limits, firstComment, findings) => {
    expect(judge(limits, { firstComment })).toEqual(findings)
  })
})

describe('a cap', () => {
  const caps = [
    { posts: 2, windowMs: HOUR_MS, source },
    { posts: 5, windowMs: 24 * HOUR_MS, source },
  ]
  const use = (hour: number, day: number) => ({
    postsWithin: (windowMs: number) => (windowMs === HOUR_MS ? hour : day),
  })

  test.each([
    [1, 4, []],
    [2, 4, [2]],
    [0, 5, [5]],
    [3, 9, [2, 5]],
  ])('with %i posts in the hour and %i in the day', (hour, day, broken) => {
    const connector = connectorWith({ caps })
    expect(brokenCaps(connector, use(hour, day)).map(({ posts }) => posts)).toEqual(broken)
    const findings = checkContent(connector, makeContent('a'), {}, use(hour, day))
    expect(findings.map(({ path, code }) => `${path} ${code}`)).toEqual(
      broken.map(() => 'scheduled_at daily_cap'),
    )
  })

  test('is told in words of its window', () => {
    const short = [{ posts: 10, windowMs: 60_000, source }]
    const told = (limits: Partial<Limits>) =>
      checkContent(connectorWith(limits), makeContent('a'), {}, use(99, 99)).map(
        ({ message }) => message,
      )
    expect(told({ caps })[1]).toContain('5 posts within 24 hours')
    expect(told({ caps: short })[0]).toContain('10 posts within a minute')
    expect(told({ caps: caps.slice(0, 1) })[0]).toContain('2 posts within an hour')
  })
})
