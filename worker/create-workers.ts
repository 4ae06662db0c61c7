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
  /** What runs gets this long to end after a stop, then it is cancelled. */
  shutdownGraceMs: number
}

/** After the cancellation, before the process gives up waiting. */
const CANCELLED_MS = 10_000

/** The workflow worker and one activity worker per platform, in this process. */
export async function createWorkers(settings: WorkerSettings): Promise<Worker[]> {
  const { connection, namespace, activities } = settings
  const common: Partial<WorkerOptions> = {
    connection,
    namespace,
    activities,
    interceptors: { activity: [translateErrors] },
    shutdownGraceTime: settings.shutdownGraceMs,
    shutdownForceTime: settings.shutdownGraceMs + CANCELLED_MS,
  }
  const workflows = Worker.create({
    ...common,
    taskQueue: WORKFLOW_QUEUE,
    workflowBundle: settings.bundle,
    maxConcurrentWorkflowTaskExecutions: settings.maxWorkflowTasks,
    maxConcurrentActivityTaskExecutions: settings.maxActivities,
    // Count-based: about a megabyte each, see docs/decisions/010.
    maxCachedWorkflows: 500,
    // A dead worker's workflows wait this long for it before another one takes them. Much shorter,
    // and a busy worker would lose its cache under load: more load.
    stickyQueueScheduleToStartTimeout: '10 seconds',
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
