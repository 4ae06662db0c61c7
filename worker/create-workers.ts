import type { NativeConnection, WorkerOptions } from '@temporalio/worker'
import { Worker } from '@temporalio/worker'
import type { Activities } from '../activities/index.ts'
import type { Platform } from '../domain/platforms.ts'
import { publishQueue, WORKFLOW_QUEUE } from '../workflows/contract.ts'
import { translateErrors } from './translate-errors.ts'

export interface WorkerSettings {
  connection: NativeConnection
  namespace: string
  bundle: { codePath: string }
  activities: Activities
  platforms: readonly Platform[]
  /** Posts one platform's worker may hold staged in memory. */
  maxStaged: number
  maxActivities: number
  maxWorkflowTasks: number
}

/** Activities in flight get this long to end when the process is told to stop: longer than one
 * commit may take, so that no answer of a platform is lost to a deployment. */
const GRACE = '40 seconds'

/** The workflow worker and one activity worker per platform, in this process. */
export async function createWorkers(settings: WorkerSettings): Promise<Worker[]> {
  const { connection, namespace, activities } = settings
  const common: Partial<WorkerOptions> = {
    connection,
    namespace,
    activities,
    interceptors: { activity: [translateErrors] },
    shutdownGraceTime: GRACE,
    shutdownForceTime: '50 seconds',
    // A heartbeat older than this is not worth sending late: dead workers show within seconds.
    maxHeartbeatThrottleInterval: '5 seconds',
  }
  const workflows = Worker.create({
    ...common,
    taskQueue: WORKFLOW_QUEUE,
    workflowBundle: settings.bundle,
    maxConcurrentWorkflowTaskExecutions: settings.maxWorkflowTasks,
    maxConcurrentActivityTaskExecutions: settings.maxActivities,
    // Count-based: about a megabyte each, see docs/decisions.
    maxCachedWorkflows: 500,
  })
  const publishers = settings.platforms.map((platform) =>
    Worker.create({
      ...common,
      taskQueue: publishQueue(platform),
      maxConcurrentActivityTaskExecutions: settings.maxStaged,
    }),
  )
  return Promise.all([workflows, ...publishers])
}
