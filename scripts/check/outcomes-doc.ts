import { DEVIATIONS } from '../../test/contract/deviations.ts'
import { courseOf } from '../../test/contract/expectations.ts'
import { FAULT_NAMES, faultOf, TOLD_WAIT_S } from '../../test/contract/faults.ts'
import { SUBJECT_NAMES, type SubjectName, subjectOf } from '../../test/contract/subjects.ts'
import { markdownTable } from './markdown-table.ts'

const HEAD = `# What publishing comes to

What becomes of one part of a post, by platform, kind and mishap. The contract suite
(\`test/contract/\`) proves every cell against the sandbox: the course, the code, a readable reason,
and what the platform really holds, its files and words included. This page is made from the suite’s
tables by \`npm run check -- --write\`; a test holds the two equal.

How to read a cell: steps from left to right, each with its code where it has one.

- **published**: live, exactly once. After another step: a later try of the same part, with the same
  frozen ids, published it. In TikTok’s inbox: the draft is there for the person to finish.
- **asked to wait**: nothing was sent on; Clarion waits for as long as the platform says (in the suite
  ${TOLD_WAIT_S} seconds; platforms that say nothing get a minute, LinkedIn until midnight UTC).
- **trouble**: nothing was published, and it is tried again.
- **unknown**: the platform may have taken it. Clarion looks, and sends nothing on a guess:
  **found** (published, and now known), **absent** (proof that nothing is there: sent once more),
  **cannot tell** (the target stays \`unconfirmed\`, and a person decides).
- **refused**: for good, with the platform’s reason; nothing is published.
- **access ended**: the access token is refused; **renewed**: a fresh one was got;
  **no renewal** and **reconnect**: only a person can connect the account again.
- **–**: the platform, or the kind, cannot meet it. Unless the notes below the table say otherwise:
${absences()}

Kinds with the same courses share a column. Of a thread its last part is watched; “first comment” is the comment below a post of that kind.
`

function absences(): string {
  return FAULT_NAMES.flatMap((name) => {
    const { title, absence } = faultOf(name)
    return absence === undefined ? [] : [`  - ${title}: ${absence}`]
  }).join('\n')
}

const WORDS: Readonly<Record<string, string>> = {
  rate_limited: 'asked to wait',
  transient: 'trouble',
  outcome_unknown: 'unknown',
  rejected: 'refused',
  auth_expired: 'access ended',
  auth_revoked: 'reconnect',
  refreshed: 'renewed',
  'no refresh': 'no renewal',
  cannot_tell: 'cannot tell',
}

/** Text of docs/publishing-outcomes.md. */
export function renderOutcomesDoc(): string {
  return [HEAD, ...SUBJECT_NAMES.map(section)].join('\n')
}

function section(name: SubjectName): string {
  const { title, kinds } = subjectOf(name)
  const columns = mergeColumns(name, Object.keys(kinds))
  const head = ['what happens', ...columns.map((group) => group.map(kindName).join(', '))]
  const rows = FAULT_NAMES.map((fault) => [
    faultOf(fault).title,
    ...columns.map(([kind = '']) => cell(courseOf(name, kind, fault))),
  ])
  return `## ${title}\n\n${markdownTable(head, rows)}\n\n${notes(name).join('\n')}\n`
}

/** Kinds whose cells are all the same, together. */
function mergeColumns(name: SubjectName, kinds: readonly string[]): string[][] {
  const columns = new Map<string, string[]>()
  for (const kind of kinds) {
    const courses = FAULT_NAMES.map((fault) => courseOf(name, kind, fault)).join('\n')
    columns.set(courses, [...(columns.get(courses) ?? []), kind])
  }
  return [...columns.values()]
}

/** `outcome_unknown x_unavailable → found` becomes ``unknown `x_unavailable` → found``. */
function cell(course: string): string {
  return course.split(' → ').map(step).join(' → ')
}

function step(words: string): string {
  const whole = WORDS[words]
  if (whole !== undefined) return whole
  const [kind = '', code] = words.split(' ')
  return code === undefined ? kind : `${WORDS[kind] ?? kind} \`${code}\``
}

/** `story_video` is a form of the kind `story`, `text_comment` the first comment below a `text`. */
function kindName(kind: string): string {
  return kind
    .replace('_comment', ' (first comment)')
    .replace('_inbox', ' (inbox)')
    .replace('story_video', 'story (video)')
    .replaceAll('_', ' ')
}

/** Where the platform differs from the usual course, and why. */
function notes(name: SubjectName): string[] {
  const told = DEVIATIONS[name].map(({ faults, kinds, why }) => {
    const where = kinds === undefined ? '' : ` (${kinds.map(kindName).join(', ')})`
    return `- ${faults.map((fault) => faultOf(fault).title).join('; ')}${where}: ${why}`
  })
  return [...new Set(told)]
}
