import { setTimeout as pause } from 'node:timers/promises'
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { TemporalConfig } from '../../config/load-config.ts'
import { temporalTls } from '../../worker/temporal-tls.ts'
import type {
  RotateKeysInput,
  RotationCommand,
  RotationOutcome,
  RotationProgress,
} from '../../workflows/keys-contract.ts'
import { ROTATE_KEYS_ID, rotateKeysStart } from '../../workflows/keys-contract.ts'

const ANSWER_MS = 5_000
const POLL_MS = 1_000

/** Exit codes of `keys:rotate`. */
export const EXIT = { done: 0, notDone: 1, waitsForPerson: 3 } as const

export async function connectTemporal(config: TemporalConfig): Promise<Client> {
  const { address, apiKey, namespace } = config
  const tls = temporalTls(config)
  const connection = await Connection.connect({
    ...{ address, apiKey, tls, connectTimeout: ANSWER_MS },
  })
  return new Client({ connection, namespace })
}

/** Starts a rotation; one that runs already is followed instead, and `isNew` says so. */
export async function startRotation(
  client: Client,
  input: RotateKeysInput,
): Promise<{ handle: WorkflowHandle; isNew: boolean }> {
  try {
    await client.workflow.start('rotateKeysWorkflow', rotateKeysStart(input))
    return { handle: client.workflow.getHandle(ROTATE_KEYS_ID), isNew: true }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    return { handle: client.workflow.getHandle(ROTATE_KEYS_ID), isNew: false }
  }
}

/** Prints what changes until the rotation ends or needs a person; answers the exit code. */
export async function followRotation(
  client: Client,
  handle: WorkflowHandle,
  print: (line: string) => void,
): Promise<number> {
  // Asked again and again: a long poll for the result would keep this process for its 20 seconds.
  for (let last = ''; await isRunning(handle); ) {
    const progress = await askProgress(client, handle)
    const line = progress === undefined ? NO_WORKER : progressLine(progress)
    if (line !== last) print(line)
    last = line
    if (progress !== undefined && needsPerson(progress)) {
      print(`It waits for a person: ${progress.advice}`)
      return EXIT.waitsForPerson
    }
    await pause(POLL_MS)
  }
  const outcome: RotationOutcome = await handle.result()
  print(outcomeLine(outcome))
  return outcome.outcome === 'done' ? EXIT.done : EXIT.notDone
}

/** Of the newest run: a long rotation continues as new. */
async function isRunning(handle: WorkflowHandle): Promise<boolean> {
  const { status } = await handle.describe()
  return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW'
}

/** Pause, resume, cancel: answers the line to print. Throws when no rotation is running. */
export async function commandRotation(client: Client, command: RotationCommand): Promise<string> {
  const handle = client.workflow.getHandle(ROTATE_KEYS_ID)
  const progress = await client.connection.withDeadline(Date.now() + ANSWER_MS, () =>
    handle.executeUpdate<RotationProgress, []>(command, { args: [] }),
  )
  return progressLine(progress)
}

/** The newest rotation in one line. */
export async function rotationLine(client: Client): Promise<string> {
  const handle = client.workflow.getHandle(ROTATE_KEYS_ID)
  try {
    const { status, closeTime } = await handle.describe()
    if (status.name === 'RUNNING') {
      const progress = await askProgress(client, handle)
      return progress === undefined ? NO_WORKER : progressLine(progress)
    }
    if (status.name !== 'COMPLETED') return `ended as ${status.name.toLowerCase()}`
    const outcome: RotationOutcome = await handle.result()
    return `${outcomeLine(outcome)} (${closeTime?.toISOString()})`
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'none is known'
    throw error
  }
}

const NO_WORKER = 'No worker answers; it goes on as soon as one runs.'

/** Undefined when nobody answers in time: a query needs a worker. */
async function askProgress(
  client: Client,
  handle: WorkflowHandle,
): Promise<RotationProgress | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.query<RotationProgress>('progress'),
    )
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error
    return undefined
  }
}

function needsPerson({ phase, trouble }: RotationProgress): boolean {
  return phase === 'blocked' || trouble?.code === 'vault_denied'
}

export function progressLine(progress: RotationProgress): string {
  const { phase, paused, version, pass, table, rewrapped, refused, left, trouble } = progress
  const rowsLeft = Object.values(left ?? {}).reduce((sum, rows) => sum + rows, 0)
  return [
    paused ? `paused (${phase})` : phase,
    ...(version === null ? [] : [`version ${version}`]),
    ...(pass === 0 ? [] : [`pass ${pass}`]),
    ...(table === null ? [] : [table]),
    ...(left === null ? [] : [`${rewrapped} rows rewrapped, ${rowsLeft} left`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
    ...(trouble === null ? [] : [`waits: ${trouble.message}`]),
  ].join(', ')
}

function outcomeLine({ outcome, version, rewrapped, left }: RotationOutcome): string {
  const rows = Object.values(left ?? {}).reduce((sum, count) => sum + count, 0)
  switch (outcome) {
    case 'done':
      return `done: ${rewrapped} rows moved, only version ${version} and newer open`
    case 'cancelled':
      return `cancelled: the older versions still open, ${rows} rows need them; go on with npm run keys:rotate -- --rewrap-only`
    default:
      return `incomplete: ${rows} rows still need an older version, which still opens; rows of old versions kept coming`
  }
}
