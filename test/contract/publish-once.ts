import { PlatformFailure } from '../../domain/failures.ts'
import type { Access } from '../../platforms/call.ts'
import type {
  Attempt,
  Committed,
  Confirmation,
  Draft,
  Prepared,
  PublishedRef,
} from '../../platforms/connector.ts'
import { prepareOnce } from '../connectors/drive.ts'
import type { Harness } from '../connectors/harness.ts'

/** One part and what the ledger remembers of its tries. */
export interface Job {
  harness: Harness
  draft: Draft
  prepared?: Prepared
  /** Posts of other targets, as the ledger gives them to every lookup. */
  otherPostIds: readonly string[]
}

export type End =
  | { published: Committed }
  | { failure: PlatformFailure; startedAt: Date }
  | { confirmation: Confirmation }

const MOST_LOOKS = 50
/** Longer than any platform's patience with a lost answer. */
const HOUR_MS = 60 * 60_000

/** One try of one part as the worker makes it; what was prepared stays with the job. */
export async function publishOnce(job: Job, access: Access): Promise<End> {
  const { connector, call } = job.harness
  let startedAt = new Date()
  try {
    const prepared = await prepareOnce(connector, job.draft, access, call, {
      ...(job.prepared ? { prepared: job.prepared } : {}),
      onSave: (saved) => {
        job.prepared = saved
      },
    })
    if (prepared) job.prepared = JSON.parse(JSON.stringify(prepared))
    startedAt = new Date()
    const made = await connector.commit(job.draft, access, call, job.prepared)
    if (!('accepted' in made)) return { published: made }
    const seen = await confirmOnce(job, access, { startedAt, ...made })
    return seen.outcome === 'found' ? { published: seen.post } : { confirmation: seen }
  } catch (failure) {
    if (!(failure instanceof PlatformFailure)) throw failure
    if (failure.startOver) delete job.prepared
    return { failure, startedAt }
  }
}

/** Looks until the platform has decided; a lost answer gets all the time that platforms need. */
export async function confirmOnce(
  job: Job,
  access: Access,
  more: Partial<Attempt> & { startedAt: Date },
): Promise<Confirmation> {
  let attempt: Attempt = {
    draft: job.draft,
    sendBefore: new Date(Date.now() - 1),
    excludedPostIds: job.otherPostIds,
    ...(job.prepared ? { prepared: job.prepared } : {}),
    ...more,
  }
  const { connector, call } = job.harness
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const seen = await connector.confirm?.(attempt, access, call)
    if (seen === undefined) throw new Error('the connector cannot confirm')
    if (seen.outcome !== 'processing') return seen
    const isLate = looks > MOST_LOOKS / 2 && attempt.accepted === undefined
    if (isLate) attempt = { ...attempt, startedAt: new Date(Date.now() - HOUR_MS) }
  }
  throw new Error(`still processing after ${MOST_LOOKS} looks`)
}

export function refOf({ platformPostId, permalink, metadata }: Committed): PublishedRef {
  return { platformPostId, permalink, ...(metadata ? { metadata } : {}) }
}
