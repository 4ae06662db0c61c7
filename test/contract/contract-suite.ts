import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Part } from '../../platforms/content.ts'
import { startHarness } from '../connectors/harness.ts'
import { Bench } from './bench.ts'
import { checkReason } from './check-reason.ts'
import { connect } from './connect.ts'
import { courseOf, isKnown, livePostsAfter, NO_CELL } from './expectations.ts'
import { FAULT_NAMES, type FaultName } from './faults.ts'
import { CONTENTS } from './kinds.ts'
import { runCell } from './run-cell.ts'
import { cellText, StudioHouse } from './studio.ts'
import { type SubjectName, subjectOf } from './subjects.ts'

/** Proves every cell of a subject's table in docs/publishing-outcomes.md. */
export function contractSuite(name: SubjectName): void {
  const subject = subjectOf(name)
  let bench: Bench
  let house: StudioHouse
  let current: FaultName = 'none'

  beforeAll(async () => {
    const harness = await startHarness(subject.platform, { enforceRateLimits: false })
    bench = new Bench(harness, subject, await connect(harness, subject))
    house = new StudioHouse(harness)
  })
  afterEach(() => bench.tidy(current))
  afterAll(() => bench.harness.close())

  describe.each(Object.keys(subject.kinds))(`${subject.title}, %s`, (kind) => {
    const cells = FAULT_NAMES.map((fault) => ({ fault, course: courseOf(name, kind, fault) }))
    test.each(cells.filter(({ course }) => course !== NO_CELL))(
      '$fault: $course',
      async ({ fault, course }) => {
        current = fault
        const make = CONTENTS[subject.platform][kind]
        if (make === undefined) throw new Error(`no content for ${kind}`)
        const studio = house.studioFor(cellText(`${kind} ${fault}`), () => bench.connection)
        const told = await runCell(bench, await make(studio), { kind, faultName: fault })
        expect(told.course).toBe(course)
        expect(await bench.unusedFaults()).toEqual([])
        const posts = await checkGroundTruth(bench, told.watched, livePostsAfter(course, fault))
        if (isKnown(course)) expect(bench.ledger.at(-1)).toContain(posts[0]?.platform_post_id)
        const secrets = await bench.secrets()
        for (const reason of told.reasons) checkReason(reason, secrets)
      },
    )
  })
}

/** What the platform holds: exactly so many posts, with the very files and words. */
async function checkGroundTruth(bench: Bench, part: Part, count: 0 | 1) {
  const posts = await bench.newPosts()
  expect(posts).toHaveLength(count)
  for (const post of posts) {
    expect(post.media).toEqual(part.media.map(({ sha256 }) => sha256))
    expect(post.text).toBe(shownText(bench, part))
  }
  return posts
}

/** Posts of Reddit without a body show their title. */
function shownText({ subject }: Bench, { text, settings }: Part): string {
  if (text === '' && subject.platform === 'reddit') return `${settings.title}`
  return text
}
