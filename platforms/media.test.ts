import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MediaSource } from './media.ts'
import { mediaBody, partsOf } from './media.ts'
import { makeMedia } from './testing/drafts.ts'

describe('parts of a file', () => {
  test('cover it without gap or overlap, and only the last is shorter', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_000 }), fc.integer({ min: 40, max: 2_500 }), (bytes, size) => {
        const parts = partsOf(bytes, size)
        expect(parts[0]?.start).toBe(0)
        expect(parts.at(-1)?.end).toBe(bytes)
        for (const [index, { start, end }] of parts.entries()) {
          if (index > 0) expect(start).toBe(parts[index - 1]?.end)
          if (index < parts.length - 1) expect(end - start).toBe(size)
          else expect(end - start).toBeLessThanOrEqual(size)
        }
      }),
    )
  })

  test('of exactly two sizes are two', () => {
    expect(partsOf(20, 10)).toEqual([
      { start: 0, end: 10 },
      { start: 10, end: 20 },
    ])
  })
})

describe('a file as a body', () => {
  const asked: unknown[] = []
  const source: MediaSource = {
    read: async function* (media, range) {
      asked.push([media.id, range])
      yield new Uint8Array(2)
    },
    exists: async () => true,
    url: () => '',
  }

  test('is the whole file or a range of it, read anew each time it is opened', async () => {
    const whole = mediaBody(source, makeMedia({ bytes: 10 }))
    const range = mediaBody(source, makeMedia({ bytes: 10 }), { start: 4, end: 10 })
    expect([whole.bytes, range.bytes]).toEqual([10, 6])
    expect(asked).toEqual([])
    for (const body of [whole, range, range]) await buffer(body.open())
    const part = ['file-1', { start: 4, end: 10 }]
    expect(asked).toEqual([['file-1', { start: 0, end: 10 }], part, part])
  })
})
