import type { Platform } from '../../domain/platforms.ts'
import type { FaultName, FaultOrder, Stage } from './faults.ts'

/** One way of being connected to one platform. Plain data: docs are made of it. */
export interface Subject {
  platform: Platform
  /** Column heading and test name. */
  title: string
  /** Whose sign-in the sandbox answers. */
  person: string
  /** `Authorizer.method`, where it is not the connector's usual one. */
  method?: string
  /** Which of the accounts that a consent covers. */
  accountKind?: string
  /** Asked for besides the authorizer's own. */
  scopes?: readonly string[]
  /** Where faults and tokens of the account live, if not with the platform itself. */
  livesAt?: Platform
  /** Every kind of the connector (and forms of it, `story_video`), and what happens on its way. */
  kinds: Readonly<Record<string, readonly Stage[]>>
  /** Faults that the platform's wire has elsewhere than usual. */
  orders?: Readonly<Partial<Record<FaultName, readonly FaultOrder[]>>>
}

const WORKED: readonly Stage[] = ['upload', 'work']

const SLOW_PUBLISH: FaultOrder = { step: 'publish', fault: 'processing', times: 1 }
const REFUSED_WORK: FaultOrder = { step: 'status', fault: 'refuse', times: 10 }

const INSTAGRAM = {
  platform: 'instagram',
  person: 'alice',
  kinds: { image: WORKED, carousel: WORKED, reel: WORKED, story: WORKED, story_video: WORKED },
} as const

const LINKEDIN_KINDS = {
  text: [],
  link: [],
  image: WORKED,
  album: WORKED,
  video: WORKED,
  document: WORKED,
  poll: [],
} as const

export const SUBJECTS = {
  x: {
    platform: 'x',
    title: 'X',
    person: 'alice',
    kinds: {
      text: [],
      link: [],
      image: ['upload'],
      album: ['upload'],
      gif: WORKED,
      video: WORKED,
      poll: [],
      thread: ['upload'],
      reply: [],
      quote: [],
    },
  },
  mastodon: {
    platform: 'mastodon',
    title: 'Mastodon',
    person: 'alice',
    kinds: {
      text: [],
      link: [],
      image: ['upload'],
      album: ['upload'],
      gif: WORKED,
      video: WORKED,
      poll: [],
      thread: ['upload'],
      reply: [],
      quote: [],
    },
  },
  bluesky: {
    platform: 'bluesky',
    title: 'Bluesky',
    person: 'alice',
    kinds: {
      text: [],
      link: [],
      link_card: [],
      image: ['upload'],
      album: ['upload'],
      gif: ['upload'],
      video: WORKED,
      thread: ['upload'],
      quote: [],
    },
  },
  tiktok: {
    platform: 'tiktok',
    title: 'TikTok',
    person: 'alice',
    kinds: { video: WORKED, image: ['work'], album: ['work'] },
  },
  youtube: {
    platform: 'youtube',
    title: 'YouTube',
    person: 'alice',
    kinds: { video: WORKED, short: WORKED },
  },
  reddit: {
    platform: 'reddit',
    title: 'Reddit',
    person: 'alice',
    kinds: {
      text: [],
      link: [],
      image: WORKED,
      gif: WORKED,
      album: ['upload'],
      video: WORKED,
    },
    orders: { slow_work: [SLOW_PUBLISH] },
  },
  instagram_facebook_login: {
    ...INSTAGRAM,
    title: 'Instagram (Facebook Login)',
    method: 'facebook_login',
    livesAt: 'facebook',
  },
  instagram_instagram_login: {
    ...INSTAGRAM,
    title: 'Instagram (Instagram Login)',
    method: 'instagram_login',
  },
  facebook: {
    platform: 'facebook',
    title: 'Facebook',
    person: 'alice',
    kinds: {
      text: [],
      link: [],
      image: ['upload'],
      album: ['upload'],
      video: WORKED,
      reel: WORKED,
      story: ['upload'],
      story_video: WORKED,
    },
  },
  threads: {
    platform: 'threads',
    title: 'Threads',
    person: 'alice',
    kinds: {
      text: ['upload'],
      link: ['upload'],
      image: WORKED,
      video: WORKED,
      carousel: WORKED,
      poll: ['upload'],
      thread: WORKED,
    },
  },
  linkedin_page: {
    platform: 'linkedin',
    title: 'LinkedIn (organization)',
    person: 'alice',
    accountKind: 'organization',
    scopes: ['w_organization_social', 'r_organization_social', 'rw_organization_admin'],
    kinds: LINKEDIN_KINDS,
  },
  linkedin_member: {
    platform: 'linkedin',
    title: 'LinkedIn (member)',
    person: 'bob',
    // Members' tokens show the work on videos only.
    kinds: { ...LINKEDIN_KINDS, image: ['upload'], album: ['upload'], document: ['upload'] },
  },
  pinterest: {
    platform: 'pinterest',
    title: 'Pinterest',
    person: 'alice',
    kinds: { image: [], album: [], video: WORKED },
  },
  google_business: {
    platform: 'google_business',
    title: 'Google Business Profile',
    person: 'alice',
    kinds: { update: ['work'], event: ['work'], offer: ['work'] },
    orders: { slow_work: [SLOW_PUBLISH], failed_work: [SLOW_PUBLISH, REFUSED_WORK] },
  },
} as const satisfies Record<string, Subject>

export type SubjectName = keyof typeof SUBJECTS

export const SUBJECT_NAMES = Object.keys(SUBJECTS).filter(
  (name): name is SubjectName => name in SUBJECTS,
)

export function subjectOf(name: SubjectName): Subject {
  return SUBJECTS[name]
}
