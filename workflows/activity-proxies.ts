import type { ActivityOptions } from '@temporalio/workflow'
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { Platform } from '../domain/platforms.ts'
import { publishQueue } from './contract.ts'

/** Local: one short transaction each, repeatable, folded into the workflow task. They must succeed
 * for the story to go on, so they are tried until they do. */
export const rows = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '10 seconds' },
})

/** A publish may be executed again at will (the ledger guarantees once); a day is how long it is
 * tried. The long start-to-close covers the wait for the due instant inside the activity. The
 * heartbeat notices a dead worker, so that the timeout may cover the longest upload; more often, the heartbeats of a thousand staged posts would cost
 * the server more than publishing them. */
const PUBLISH: ActivityOptions = {
  startToCloseTimeout: '3 hours',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
}

export function publishing(platform: Platform, summary: string) {
  return proxyActivities<Pick<Activities, 'publishToPlatform'>>({
    ...PUBLISH,
    taskQueue: publishQueue(platform),
    summary,
  })
}

/** Deleting what is gone already is no error, so that trying again is safe. */
export function errands(platform: Platform) {
  return proxyActivities<Pick<Activities, 'removeFromPlatform' | 'lookAtPlatform'>>({
    taskQueue: publishQueue(platform),
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 6 },
  })
}

/** Reads only; a failed look is repeated by the workflow's own pace. */
export function confirming(platform: Platform) {
  return proxyActivities<Pick<Activities, 'confirmPublished'>>({
    taskQueue: publishQueue(platform),
    startToCloseTimeout: '1 minute',
    summary: 'Look whether the platform has the post',
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 5 },
  })
}

/** Asks the connection's workflow, which may have to call a slow token endpoint, and which takes
 * only so many questions at a time: many posts of one account wait their turn. */
export const tokens = proxyActivities<Pick<Activities, 'freshToken'>>({
  startToCloseTimeout: '2 minutes',
  summary: 'Ask the connection for a fresh token',
  scheduleToCloseTimeout: '24 hours',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/** One attempt: the token endpoint may rotate on any call, so the workflow, which keeps the backoff
 * and the row's word, decides about the next. Longer than storing a rotated pair may take. */
export const refreshing = proxyActivities<Pick<Activities, 'refreshConnection'>>({
  startToCloseTimeout: '7 minutes',
  heartbeatTimeout: '20 seconds',
  summary: 'Refresh the token',
  priority: { priorityKey: 1 },
  retry: { maximumAttempts: 1 },
})

/** Repeatable calls about the account itself. */
export const accounts = proxyActivities<
  Pick<Activities, 'validateConnection' | 'syncConnection' | 'disconnectConnection'>
>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 8 },
})

export const sweeping = proxyActivities<Pick<Activities, 'sweep'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  summary: 'Compare rows with workflows',
  retry: { maximumAttempts: 3 },
})
