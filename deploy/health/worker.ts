import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Connection } from '@temporalio/client'
import { loadConfig } from '../../config/load-config.ts'
import { WORKFLOW_QUEUE } from '../../workflows/contract.ts'

/** Workers poll at least once a minute. */
const SILENT_TOO_LONG_MS = 3 * 60_000
const WORKFLOW_TASKS = 1

/** Exit code 0 if Temporal has seen the worker of this host poll lately. */
async function main(): Promise<void> {
  const { temporal } = loadConfig()
  const connection = await Connection.connect({
    address: temporal.address,
    apiKey: temporal.apiKey,
    tls: tlsOf(temporal),
    connectTimeout: '5 seconds',
  })
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: WORKFLOW_QUEUE },
    taskQueueType: WORKFLOW_TASKS,
  })
  await connection.close()
  const ours = (pollers ?? []).find(({ identity }) => identity?.endsWith(`@${hostname()}`))
  const seenAt = Number(ours?.lastAccessTime?.seconds ?? 0) * 1000
  if (Date.now() - seenAt < SILENT_TOO_LONG_MS) return
  console.error(`no worker of ${hostname()} polls ${WORKFLOW_QUEUE}`)
  process.exitCode = 1
}

function tlsOf({ tls, tlsFiles }: ReturnType<typeof loadConfig>['temporal']) {
  if (!tls) return undefined
  const { ca, cert, key } = tlsFiles
  return {
    ...(ca ? { serverRootCACertificate: readFileSync(ca) } : {}),
    ...(cert && key ? { clientCertPair: { crt: readFileSync(cert), key: readFileSync(key) } } : {}),
  }
}

await main()
