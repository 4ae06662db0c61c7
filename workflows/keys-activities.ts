import type { ActivityOptions } from '@temporalio/workflow'
import { proxyActivities } from '@temporalio/workflow'
import type { KeyActivities } from '../activities/keys/index.ts'

/** All are repeatable. Few tries each: the workflow shows what is wrong and goes on trying itself. */
const RETRY: ActivityOptions['retry'] = { initialInterval: '1 second', maximumAttempts: 3 }

/** A few calls of Vault, each of which is given up after half a minute. */
export const keys = proxyActivities<
  Pick<KeyActivities, 'readKeyVersions' | 'rotateKeys' | 'countOldRows'>
>({ startToCloseTimeout: '2 minutes', retry: RETRY })

/** The heartbeat notices a dead worker, and carries where its successor goes on. */
export const rows = proxyActivities<
  Pick<KeyActivities, 'rewrapPages' | 'retireKeyVersions' | 'reopenKeyVersions'>
>({ startToCloseTimeout: '1 hour', heartbeatTimeout: '15 seconds', retry: RETRY })
