import { setTimeout as pause } from 'node:timers/promises'
import { NativeConnection, Worker } from '@temporalio/worker'
import { makeKeyActivities } from '../../activities/keys/index.ts'
import { openDatabase } from '../../db/open-database.ts'
import { makeLocalCipher } from '../../vault/local-cipher.ts'
import { WORKFLOW_QUEUE } from '../../workflows/contract.ts'

/**
 * A worker process for a rotation's activities, which a test kills:
 * `rotation-worker.ts <database> <temporal> <namespace> <key file>`. Prints the size of each batch.
 */
async function main([url = '', address = '', namespace = '', keyFile = '']: readonly string[]) {
  const db = await openDatabase({ url, poolMax: 4 })
  const cipher = makeLocalCipher({ keyFile, production: false })
  const quiet = () => undefined
  const activities = makeKeyActivities({
    db,
    log: { info: quiet, warn: quiet, error: quiet },
    cipher: {
      ...cipher,
      rewrap: async (items) => {
        const sealed = await cipher.rewrap(items)
        process.stdout.write(`${items.length}\n`)
        // Slow enough to be killed in the middle.
        await pause(50)
        return sealed
      },
    },
  })
  const connection = await NativeConnection.connect({ address })
  const worker = await Worker.create({
    ...{ connection, namespace, activities, taskQueue: WORKFLOW_QUEUE },
  })
  await worker.run()
}

await main(process.argv.slice(2))
