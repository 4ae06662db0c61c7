import { describe, expect, test } from '@jest/globals'
import { PLATFORMS } from '../../domain/platforms.ts'
import { makeRegistry } from '../../platforms/registry.ts'
import { DEVIATIONS } from './deviations.ts'
import { courseOf, NO_CELL } from './expectations.ts'
import { FAULT_NAMES, faultOf } from './faults.ts'
import { CONTENTS } from './kinds.ts'
import { SUBJECT_NAMES, subjectOf } from './subjects.ts'

const registry = makeRegistry({ http: { userAgent: 'clarion-test' } })
const subjectsOf = (platform: string) =>
  SUBJECT_NAMES.filter((name) => subjectOf(name).platform === platform)

describe.each(PLATFORMS)('%s', (platform) => {
  const kinds = registry.connector(platform)?.kinds ?? []

  test('every kind of the connector has content', () => {
    expect(kinds.length).toBeGreaterThan(0)
    expect(Object.keys(CONTENTS[platform])).toEqual(expect.arrayContaining([...kinds]))
  })

  test('every subject has every kind, and no other than forms of them', () => {
    expect(subjectsOf(platform).length).toBeGreaterThan(0)
    for (const name of subjectsOf(platform)) {
      const listed = Object.keys(subjectOf(name).kinds)
      expect(listed).toEqual(expect.arrayContaining([...kinds]))
      expect(listed.filter((kind) => !isFormOf(kinds, kind))).toEqual([])
      expect(listed).toEqual(expect.arrayContaining(Object.keys(subjectOf(name).ordersOf ?? {})))
    }
  })
})

describe.each(SUBJECT_NAMES)('deviations of %s', (name) => {
  test('each is in force somewhere, and says why', () => {
    const kinds = Object.keys(subjectOf(name).kinds)
    for (const { faults, kinds: only = kinds, course, why } of DEVIATIONS[name]) {
      expect(why).toMatch(/^[A-Z].+\.$/)
      const wanted = course.replaceAll('{p}', subjectOf(name).platform)
      const cells = faults.flatMap((fault) => only.map((kind) => courseOf(name, kind, fault)))
      expect(kinds).toEqual(expect.arrayContaining([...only]))
      expect(cells).toContain(wanted)
    }
  })

  test('a cell that does not exist has a reason', () => {
    for (const fault of FAULT_NAMES.filter((one) => faultOf(one).absence === undefined)) {
      const told = DEVIATIONS[name].filter(({ faults }) => faults.includes(fault))
      const cells = Object.keys(subjectOf(name).kinds).map((kind) => courseOf(name, kind, fault))
      const isTold = told.some(({ course }) => course === NO_CELL)
      expect(cells.includes(NO_CELL)).toBe(isTold)
    }
  })
})

function isFormOf(kinds: readonly string[], kind: string): boolean {
  return kinds.some((one) => kind === one || kind.startsWith(`${one}_`))
}
