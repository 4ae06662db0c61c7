/** `upload`: files are sent before the post. `work`: the platform works on it before it is out. */
export type Stage = 'upload' | 'work'

/** What `POST /_sandbox/faults` takes. */
export interface FaultOrder {
  step: 'upload' | 'publish' | 'status'
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
  /** The usual course, `{p}` being the platform; `–`: only platforms that say otherwise have it. */
  course: string
}

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
    orders: [publish('rate_limit', { retry_after_s: 60 })],
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
  sent_twice: {
    title: 'no answer, post taken, sent again unasked',
    orders: [publish('drop_after_accept')],
    isTaken: true,
    isSentTwice: true,
    course: 'published',
  },
  duplicate: { title: 'called a duplicate', orders: [publish('duplicate')], course: '–' },
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
    course: 'transient {p}_unavailable → published',
  },
  upload_lost: {
    title: 'no answer to the upload',
    orders: [{ step: 'upload', fault: 'drop_after_accept', times: 1 }],
    needs: 'upload',
    course: 'transient answer_lost → published',
  },
  slow_work: {
    title: 'slow processing',
    orders: [{ step: 'status', fault: 'processing', times: 3 }],
    needs: 'work',
    course: 'published',
  },
  failed_work: {
    title: 'processing failed',
    orders: [{ step: 'status', fault: 'refuse', times: 10 }],
    needs: 'work',
    course: 'rejected {p}_processing_failed',
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is FaultName => name in FAULTS)

export function faultOf(name: FaultName): Fault {
  return FAULTS[name]
}
