import type { Deviation } from './deviation.ts'
import { DEVIATIONS } from './deviations.ts'
import { type FaultName, faultOf } from './faults.ts'
import { type SubjectName, subjectOf } from './subjects.ts'

/** A cell that does not exist. */
export const NO_CELL = '–'

/** What publishing one kind must come to under one fault: its steps, joined by arrows. */
export function courseOf(name: SubjectName, kind: string, faultName: FaultName): string {
  const subject = subjectOf(name)
  const fault = faultOf(faultName)
  if (fault.needs && !subject.kinds[kind]?.includes(fault.needs)) return NO_CELL
  const course = deviationOf(name, kind, faultName)?.course ?? fault.course
  return course.replaceAll('{p}', subject.platform)
}

/** The last that fits counts. */
function deviationOf(name: SubjectName, kind: string, fault: FaultName): Deviation | undefined {
  return DEVIATIONS[name].findLast(
    ({ faults, kinds }) => faults.includes(fault) && (kinds === undefined || kinds.includes(kind)),
  )
}

/** How many new live posts the platform must hold at the end of a course. */
export function livePostsAfter(course: string, faultName: FaultName): 0 | 1 {
  if (isKnown(course)) return 1
  if (course.endsWith('cannot_tell')) return faultOf(faultName).isTaken ? 1 : 0
  return 0
}

/** The course ends with a post that Clarion can name. */
export function isKnown(course: string): boolean {
  return /(^|→ )(published|found)$/.test(course)
}
