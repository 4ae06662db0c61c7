import type { FaultName } from './faults.ts'
import type { SubjectName } from './subjects.ts'

/** Where a platform's course differs from the usual one. */
export interface Deviation {
  faults: readonly FaultName[]
  /** All of the platform's, unless given. */
  kinds?: readonly string[]
  /** `{p}` is the platform. */
  course: string
  why: string
}

export const DEVIATIONS: Readonly<Record<SubjectName, readonly Deviation[]>> = {
  x: [
    {
      faults: ['duplicate'],
      course: 'outcome_unknown x_duplicate → cannot_tell',
      why: 'X refuses equal text, perhaps that of our own earlier try.',
    },
  ],
  mastodon: [],
  bluesky: [],
  tiktok: [],
  youtube: [],
  reddit: [],
  instagram_facebook_login: [],
  instagram_instagram_login: [],
  facebook: [],
  threads: [],
  linkedin_page: [],
  linkedin_member: [],
  pinterest: [],
  google_business: [],
}
