import { expect, test } from '@jest/globals'
import { isAside, ONLY_PART, PART_ROLES } from './parts.ts'

test('asides are what a post is published without', () => {
  expect(PART_ROLES.filter(isAside)).toEqual(['extra', 'comment'])
})

test('an ordinary post is its own first and last part', () => {
  expect(ONLY_PART).toEqual({ part: 0, role: 'post', isLast: true })
})
