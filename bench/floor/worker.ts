import { join } from 'node:path'
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker'

/** Apart from the product's queue: neither takes the other's tasks. */
export const FLOOR_QUEUE = 'bench-floor'

/** All that one post needs, in the workflow's input: no database, no cipher. */
export interface FloorCall {
  url: string
  accessToken: string
  text: string
}

/** A worker process for the floor, with as many slots as the product's worker has. */
async function main(): Promise<void> {
  const [address = '', slots = '2000'] = process.argv.slice(2)
  const connection = await NativeConnection.connect({ address })
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'workflow.ts'),
  })
  const worker = await Worker.create({
    connection,
    workflowBundle,
    taskQueue: FLOOR_QUEUE,
    activities: { call },
    maxConcurrentActivityTaskExecutions: Number(slots),
    maxConcurrentWorkflowTaskExecutions: 40,
    maxCachedWorkflows: 500,
  })
  process.stdout.write(`${JSON.stringify({ worker_ready: true })}\n`)
  await worker.run()
  await connection.close()
}

async function call({ url, accessToken, text }: FloorCall): Promise<string> {
  const answer = await fetch(`${url}/api/v1/statuses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ status: text, visibility: 'public' }),
  })
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}`)
  const { id }: { id: string } = JSON.parse(await answer.text())
  return id
}

if (process.argv[1] === import.meta.filename) await main()
