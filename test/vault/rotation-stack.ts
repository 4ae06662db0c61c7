import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { makeKeyActivities } from '../../activities/keys/index.ts'
import type { KeyDeps } from '../../activities/keys/key-deps.ts'
import type { TokenCipher } from '../../vault/token-cipher.ts'
import { translateErrors } from '../../worker/translate-errors.ts'
import { workflowBundle } from '../../worker/workflow-bundle.ts'
import { WORKFLOW_QUEUE } from '../../workflows/contract.ts'
import type {
  RotateKeysInput,
  RotationCommand,
  RotationOutcome,
  RotationProgress,
} from '../../workflows/keys-contract.ts'
import { rotateKeysStart } from '../../workflows/keys-contract.ts'
import { testDatabase } from '../support/database.ts'
import { makeNamespace } from '../support/namespace.ts'
import { quietRuntime } from '../support/quiet-runtime.ts'
import { temporalAddress } from '../support/temporal.ts'

const QUIET = () => undefined
export const QUIET_LOG = { info: QUIET, warn: QUIET, error: QUIET }
const BUNDLES = join(tmpdir(), 'clarion-test-bundles')

export type RotationStack = Awaited<ReturnType<typeof startRotationStack>>

/** Real PostgreSQL and Temporal, and a worker with the real workflow that has this cipher. */
export async function startRotationStack(
  cipher: TokenCipher,
  options: { keys?: KeyDeps['keys']; worker?: boolean } = {},
) {
  const address = await temporalAddress()
  const [database, namespace, bundle] = await Promise.all([
    testDatabase(),
    makeNamespace(address),
    workflowBundle(BUNDLES),
  ])
  quietRuntime()
  const native = await NativeConnection.connect({ address })
  const client = new Client({ connection: await Connection.connect({ address }), namespace })
  const deps: KeyDeps = { db: database.db, cipher, keys: options.keys, log: QUIET_LOG }
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue: WORKFLOW_QUEUE,
    workflowBundle: bundle,
    // The worker process of a test runs the activities where this one does not.
    ...(options.worker === false ? {} : { activities: makeKeyActivities(deps) }),
    interceptors: { activity: [translateErrors] },
    shutdownGraceTime: '1 second',
  })
  const running = worker.run()
  return {
    ...database,
    address,
    namespace,
    client,
    cipher,
    deps,
    start: (input: RotateKeysInput = {}) => startRotation(client, input),
    async stop() {
      worker.shutdown()
      await running
      await client.connection.close()
      await native.close()
      await database.drop()
    },
  }
}

export type Rotation = Awaited<ReturnType<typeof startRotation>>

async function startRotation(client: Client, input: RotateKeysInput) {
  const handle = await client.workflow.start('rotateKeysWorkflow', rotateKeysStart(input))
  return {
    handle,
    result: (): Promise<RotationOutcome> => handle.result(),
    progress: () => handle.query<RotationProgress>('progress'),
    command: (name: RotationCommand) =>
      handle.executeUpdate<RotationProgress, []>(name, { args: [] }),
    /** The details card that the Temporal UI shows. */
    card: async () => {
      const { currentDetails } = await handle.query<{ currentDetails?: string }>(
        '__temporal_workflow_metadata',
      )
      return currentDetails ?? ''
    },
    /** Events of the first run, should it have continued as new. */
    firstRun: async () => {
      const first = client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId)
      return (await first.fetchHistory()).events ?? []
    },
  }
}
