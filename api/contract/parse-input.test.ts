import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { ClarionError } from '../../domain/errors.ts'
import { jsonPath, parseInput } from './parse-input.ts'

const schema = z.strictObject({
  name: z.string().min(2),
  tags: z.array(z.strictObject({ word: z.string() })).optional(),
})

function refusalOf(
  raw: unknown,
  place: 'path' | 'body' = 'body',
): ClarionError['extras']['errors'] {
  try {
    parseInput(schema, raw, place)
  } catch (error) {
    if (error instanceof ClarionError) return error.extras.errors
    throw error
  }
  return []
}

describe('parseInput', () => {
  test('names every fault by its path', () => {
    expect(refusalOf({ tags: [{ word: 1 }, { word: 'a', size: 2 }], extra: true })).toMatchObject([
      { path: 'name', code: 'required' },
      { path: 'tags[0].word', code: 'invalid_type' },
      { path: 'tags[1].size', code: 'unknown_field' },
      { path: 'extra', code: 'unknown_field' },
    ])
  })

  test.each([
    ['NUL', { name: 'a\u0000' }, 'name'],
    ['half a surrogate pair', { name: 'ok', tags: [{ word: '\ud83d' }] }, 'tags[0].word'],
    ['NUL in a name', { name: 'ok', 'a\u0000': 1 }, ''],
  ])('refuses %s', (_what, raw, path) => {
    expect(refusalOf(raw)).toMatchObject([{ path, code: 'invalid_text' }])
  })

  test('a prototype is a field like any other', () => {
    expect(refusalOf(JSON.parse('{"name":"ok","__proto__":{"a":1}}'))).toMatchObject([
      { code: 'unknown_field' },
    ])
  })

  test('a path that does not parse names nothing', () => {
    expect(() => parseInput(schema, {}, 'path')).toThrow(
      expect.objectContaining({ code: 'not_found' }),
    )
  })

  test('paths read as JSON paths', () => {
    expect(jsonPath(['a', 0, 'b', 12])).toBe('a[0].b[12]')
    expect(jsonPath([])).toBe('')
  })
})
