import { describe, expect, test } from '@jest/globals'
import { ClarionError } from '../../domain/errors.ts'
import { canonical, readIdempotencyKey } from './idempotency.ts'
import { etagOf, readIfMatch } from './if-match.ts'
import { requestIdOf } from './request-id.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function codeOf(work: () => unknown): string {
  try {
    return `no error: ${work()}`
  } catch (error) {
    if (error instanceof ClarionError) return error.code
    throw error
  }
}

describe('If-Match', () => {
  test.each([1, 42, 999_999_999])('%i is read back from its ETag', (revision) => {
    expect(readIfMatch(etagOf(revision))).toBe(revision)
  })

  test('as a proxy weakened it or spaced it is the same', () => {
    expect(readIfMatch('W/"3"')).toBe(3)
    expect(readIfMatch(' "3" ')).toBe(3)
  })

  test.each([undefined, '*', ' * '])('%p accepts every revision', (header) => {
    expect(readIfMatch(header)).toBeUndefined()
  })

  test.each(['3', '""', '"3', '"a"', '"-1"', '"3", "4"', '"1234567890"', '', 'w/"3"', '"3"x'])(
    '%j is refused, not ignored',
    (header) => {
      expect(codeOf(() => readIfMatch(header))).toBe('invalid_header')
    },
  )
})

describe('X-Request-Id', () => {
  test.each(['a', 'req-1.2_3~4', 'x'.repeat(128)])('%s is kept', (header) => {
    expect(requestIdOf(header)).toBe(header)
  })

  test.each([undefined, '', 'a b', 'a\nb', '{"a":1}', '<script>', 'ä', 'x'.repeat(129)])(
    '%p is replaced by a new one each time',
    (header) => {
      const [one, two] = [requestIdOf(header), requestIdOf(header)]
      expect(one).toMatch(UUID)
      expect(two).not.toBe(one)
    },
  )
})

describe('Idempotency-Key', () => {
  test.each([undefined, 'k', '!~', 'x'.repeat(255)])('%p is taken as it is', (header) => {
    expect(readIdempotencyKey(header)).toBe(header)
  })

  test.each(['', 'a b', 'a\tb', 'schlüssel', 'x'.repeat(256)])('%p is refused', (header) => {
    expect(codeOf(() => readIdempotencyKey(header))).toBe('invalid_header')
  })
})

describe('the text that a repeated request is recognised by', () => {
  test('is the same in whatever order fields come, at every depth', () => {
    const one = { b: 1, a: { d: [1, { y: 1, x: 2 }], c: null } }
    const two = { a: { c: null, d: [1, { x: 2, y: 1 }] }, b: 1 }
    expect(canonical(one)).toBe(canonical(two))
    expect(JSON.parse(canonical(one))).toEqual(one)
  })

  test.each<[unknown, unknown]>([
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, {}],
    [{ a: [] }, { a: {} }],
    [{ 'a":1,"b': 2 }, { a: 1, b: 2 }],
    [null, 'null'],
    [{ a: 'b,c' }, { a: ['b', 'c'] }],
  ])('tells %j from %j', (one, two) => {
    expect(canonical(one)).not.toBe(canonical(two))
  })
})
