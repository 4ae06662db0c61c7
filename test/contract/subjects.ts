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
  /** How long a refusal for too many calls is obeyed; as long as it says, unless given. */
  wait?: 'a minute' | 'until midnight UTC'
  /** Every kind of the connector (and forms of it, `story_video`), and what happens on its way. */
  kinds: Readonly<Record<string, readonly Stage[]>>
  /** Faults that the platform's wire has elsewhere than usual; those of kinds go first. */
  orders?: Readonly<Partial<Record<FaultName, readonly FaultOrder[]>>>
  ordersOf?: Readonly<Record<string, Readonly<Partial<Record<FaultName, readonly FaultOrder[]>>>>>
}

const WORKED: readonly Stage[] = ['upload', 'work']

const SLOW_PUBLISH: FaultOrder = { step: 'publish', fault: 'processing', times: 1 }
const REFUSED_WORK: FaultOrder = { step: 'status', fault: 'refuse', times: 10 }

/** Of posts that are looked up by the id of their upload. */
const LOST_STATUS = {
  lookup_error: [
    { step: 'publish', fault: 'drop_after_accept', times: 1 },
    { step: 'status', fault: 'status', times: 1, status: 503 },
  ],
} as const

const INSTAGRAM = {
  platform: 'instagram',
  person: 'alice',
  kinds: {
    image: WORKED,
    image_comment: [],
    carousel: WORKED,
    reel: WORKED,
    story: WORKED,
    story_video: WORKED,
  },
} as const

const LINKEDIN_KINDS = {
  text: [],
  text_comment: [],
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
      text_comment: [],
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
      text_comment: [],
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
      text_comment: [],
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
    wait: 'a minute',
    kinds: { video: WORKED, video_inbox: WORKED, image: ['work'], album: ['work'] },
    ordersOf: { video: LOST_STATUS, video_inbox: LOST_STATUS },
  },
  youtube: {
    platform: 'youtube',
    title: 'YouTube',
    person: 'alice',
    wait: 'a minute',
    kinds: { video: WORKED, short: WORKED, short_comment: [] },
    ordersOf: { video: LOST_STATUS, short: LOST_STATUS },
  },
  reddit: {
    platform: 'reddit',
    title: 'Reddit',
    person: 'alice',
    kinds: {
      text: [],
      text_comment: [],
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
      text_comment: [],
      link: [],
      image: ['upload'],
      album: ['upload'],
      video: WORKED,
      reel: WORKED,
      story: ['upload'],
      story_video: WORKED,
    },
    ordersOf: { video: LOST_STATUS, reel: LOST_STATUS, story_video: LOST_STATUS },
  },
  threads: {
    platform: 'threads',
    title: 'Threads',
    person: 'alice',
    kinds: {
      text: ['upload'],
      text_comment: ['upload'],
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
    wait: 'until midnight UTC',
    accountKind: 'organization',
    scopes: ['w_organization_social', 'r_organization_social', 'rw_organization_admin'],
    kinds: LINKEDIN_KINDS,
  },
  linkedin_member: {
    platform: 'linkedin',
    title: 'LinkedIn (member)',
    person: 'bob',
    wait: 'until midnight UTC',
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
    wait: 'a minute',
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
