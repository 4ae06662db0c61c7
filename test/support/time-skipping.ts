import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import type { Activities } from '../../activities/index.ts'
import { workflowBundle } from '../../worker/workflow-bundle.ts'
import { publishQueue, WORKFLOW_QUEUE } from '../../workflows/contract.ts'
import { addSearchAttributes } from './namespace.ts'
import { quietRuntime } from './quiet-runtime.ts'
import { timeSkippingExecutable } from './temporal.ts'

export type SkippingTime = Awaited<ReturnType<typeof skipTime>>

/**
 * A server whose clock jumps to the next timer while a result is awaited, and workflows on it with
 * these activities. Activities are told by tests here, because PostgreSQL's clock does not jump.
 */
export async function skipTime(activities: Partial<Activities>) {
  quietRuntime()
  const executable = await timeSkippingExecutable()
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
  await addSearchAttributes(env.connection, env.namespace ?? 'default')
  const bundle = await workflowBundle(join(tmpdir(), 'clarion-test-bundles'))
  const connection = env.nativeConnection
  const queues = [WORKFLOW_QUEUE, publishQueue('bluesky')]
  const workers = await Promise.all(
    queues.map((taskQueue, index) =>
      Worker.create({
        connection,
        taskQueue,
        activities,
        ...(index === 0 ? { workflowBundle: bundle } : {}),
      }),
    ),
  )
  const running = Promise.all(workers.map((worker) => worker.run()))
  return {
    env,
    client: env.client,
    nowMs: async () => Number(await env.currentTimeMs()),
    async stop() {
      for (const worker of workers) worker.shutdown()
      await running
      await env.teardown()
    },
  }
}
