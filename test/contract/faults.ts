/** `upload`: files are sent before the post. `work`: the platform works on it before it is out. */
export type Stage = 'upload' | 'work'

/** What `POST /_sandbox/faults` takes. */
export interface FaultOrder {
  step: 'upload' | 'publish' | 'status' | 'lookup'
  fault: string
  times: number
  status?: number
  retry_after_s?: number
}

export interface Fault {
  /** Row heading of the tables. */
  title: string
  /** Set right before the part that is watched. */
  orders: readonly FaultOrder[]
  /** What happens to the account's tokens before it. */
  tokens?: readonly ('expire' | 'revoke')[]
  /** Kinds without this stage cannot meet it. */
  needs?: Stage
  /** The same is sent once more before anybody looks, as only a defect of the worker could do. */
  isSentTwice?: boolean
  /** The platform took the post, although it did not say so. */
  isTaken?: boolean
  /** Why platforms do not have it, of those that say nothing else. */
  absence?: string
  /** The usual course, `{p}` being the platform; `–`: only platforms that say otherwise have it. */
  course: string
}

/** What platforms are made to say that Clarion should wait. */
export const TOLD_WAIT_S = 120

const publish = (fault: string, more: Partial<FaultOrder> = {}): FaultOrder => ({
  step: 'publish',
  fault,
  times: 1,
  ...more,
})

export const FAULTS = {
  none: { title: 'nothing', orders: [], course: 'published' },
  rate_limit: {
    title: 'asked to wait (429)',
    orders: [publish('rate_limit', { retry_after_s: TOLD_WAIT_S })],
    course: 'rate_limited {p}_rate_limited → published',
  },
  error_before: {
    title: '503, post not taken',
    orders: [publish('status', { status: 503 })],
    course: 'outcome_unknown {p}_unavailable → absent → published',
  },
  error_after: {
    title: '503, post taken',
    orders: [publish('status_after_accept', { status: 503 })],
    isTaken: true,
    course: 'outcome_unknown {p}_unavailable → found',
  },
  drop_before: {
    title: 'no answer, post not taken',
    orders: [publish('drop_before')],
    course: 'outcome_unknown answer_lost → absent → published',
  },
  drop_after: {
    title: 'no answer, post taken',
    orders: [publish('drop_after_accept')],
    isTaken: true,
    course: 'outcome_unknown answer_lost → found',
  },
  lookup_error: {
    title: 'no answer, post taken, 503 when looking',
    orders: [
      publish('drop_after_accept'),
      { step: 'lookup', fault: 'status', times: 1, status: 503 },
    ],
    isTaken: true,
    course: 'outcome_unknown answer_lost → transient {p}_unavailable → found',
  },
  sent_twice: {
    title: 'no answer, post taken, sent again unasked',
    orders: [publish('drop_after_accept')],
    isTaken: true,
    isSentTwice: true,
    course: 'published',
  },
  duplicate: {
    title: 'called a duplicate',
    orders: [publish('duplicate')],
    course: '–',
    absence: 'The platform refuses no repeat as such.',
  },
  expired: {
    title: 'access expired',
    orders: [],
    tokens: ['expire'],
    course: 'auth_expired {p}_unauthorized → refreshed → published',
  },
  revoked: {
    title: 'access withdrawn',
    orders: [],
    tokens: ['revoke'],
    course: 'auth_expired {p}_unauthorized → auth_revoked {p}_grant_ended',
  },
  ended: {
    title: 'access withdrawn, then expired',
    orders: [],
    tokens: ['revoke', 'expire'],
    course: '–',
    absence: 'Withdrawn access is refused at once, as the row above it says.',
  },
  refused: {
    title: 'content refused',
    orders: [publish('refuse')],
    course: 'rejected {p}_forbidden',
  },
  upload_error: {
    title: '503 at the upload',
    orders: [{ step: 'upload', fault: 'status', times: 1, status: 503 }],
    needs: 'upload',
    absence: 'Nothing is sent before the post itself.',
    course: 'transient {p}_unavailable → published',
  },
  upload_lost: {
    title: 'no answer to the upload',
    orders: [{ step: 'upload', fault: 'drop_after_accept', times: 1 }],
    needs: 'upload',
    absence: 'Nothing is sent before the post itself.',
    course: 'transient answer_lost → published',
  },
  slow_work: {
    title: 'slow processing',
    orders: [{ step: 'status', fault: 'processing', times: 3 }],
    needs: 'work',
    absence: 'The platform does not work on it before it is out, or does not tell.',
    course: 'published',
  },
  failed_work: {
    title: 'processing failed',
    orders: [{ step: 'status', fault: 'refuse', times: 10 }],
    needs: 'work',
    absence: 'The platform does not work on it before it is out, or does not tell.',
    course: 'rejected {p}_processing_failed',
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is FaultName => name in FAULTS)

export function faultOf(name: FaultName): Fault {
  return FAULTS[name]
}
