import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { keys, rows } from './keys-activities.ts'
import { keysCard } from './keys-card.ts'
import type { RotateKeysInput, RotationOutcome } from './keys-contract.ts'
import {
  ROTATION_COMMANDS,
  rotationProgress,
  rotationSignal,
  rotationUpdate,
} from './keys-contract.ts'
import { KeyRotation } from './keys-rotation.ts'

const ROWS_PER_PAGE = 200
const PAGES_PER_ACTIVITY = 20
const MAX_STEPS_PER_RUN = 300

/**
 * Rotates the keys, moves all that is sealed to the new version, and ends the old ones when nothing
 * needs them. The order is what makes it safe: docs/decisions/012-key-rotation.md.
 */
export async function rotateKeysWorkflow(input: RotateKeysInput): Promise<RotationOutcome> {
  const rotation = new KeyRotation(input, Date.now())
  listen(rotation)
  for (let steps = 0; !rotation.isOver; steps++) {
    show(rotation)
    await condition(() => !rotation.state.paused || rotation.isOver)
    if (rotation.isOver) break
    await tryStep(input, rotation)
    if (mustStartOver(input, steps) && !rotation.isOver) return startOver(input, rotation)
  }
  show(rotation)
  await condition(allHandlersFinished)
  return rotation.outcome()
}

function listen(rotation: KeyRotation): void {
  setHandler(rotationProgress, () => rotation.progress())
  for (const name of ROTATION_COMMANDS) {
    setHandler(rotationUpdate(name), () => {
      rotation.command(name)
      return rotation.progress()
    })
    setHandler(rotationSignal(name), () => rotation.command(name))
  }
}

/** One step; trouble is shown and waited for, never the end of a rotation. */
async function tryStep(input: RotateKeysInput, rotation: KeyRotation): Promise<void> {
  try {
    await step(input, rotation)
    rotation.state.trouble = null
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    const { type, message } = causeOf(error)
    rotation.troubled(type, message, Date.now())
    show(rotation)
    await condition(() => rotation.isOver, rotation.backoffMs)
  }
}

async function step(input: RotateKeysInput, rotation: KeyRotation): Promise<void> {
  const { state } = rotation
  switch (state.phase) {
    case 'starting': {
      const versions = await (input.reopen ? rows.reopenKeyVersions() : keys.readKeyVersions())
      return unlessOver(rotation, () => rotation.begun(versions))
    }
    case 'rotating':
      return rotate(input, rotation)
    case 'rewrapping':
      return rotation.table === undefined
        ? endPass(rotation)
        : rewrap(input, rotation, rotation.table)
    case 'settling':
      await condition(() => rotation.isOver, Math.max(1, rotation.settledAt - Date.now()))
      return unlessOver(rotation, () => rotation.startPass(Date.now()))
    case 'blocked':
      await condition(() => rotation.isOver || state.skipDamaged)
      return unlessOver(rotation, () => rotation.startPass(Date.now()))
    case 'retiring':
      return retire(rotation)
    default:
      return undefined
  }
}

async function rotate(input: RotateKeysInput, rotation: KeyRotation): Promise<void> {
  const above = rotation.state.fromVersion ?? 0
  const { version } = input.rotate === false ? { version: above } : await keys.rotateKeys({ above })
  const left = await keys.countOldRows({ version })
  unlessOver(rotation, () => rotation.rotated(version, left, Date.now()))
}

async function rewrap(input: RotateKeysInput, rotation: KeyRotation, table: string): Promise<void> {
  const { version, after } = rotation.state
  const result = await rows.rewrapPages({
    table,
    version: version ?? 0,
    after,
    rowsPerPage: input.rowsPerPage ?? ROWS_PER_PAGE,
    maxPages: input.pagesPerActivity ?? PAGES_PER_ACTIVITY,
  })
  rotation.rewrapped(result, Date.now())
}

async function endPass(rotation: KeyRotation): Promise<void> {
  const left = await keys.countOldRows({ version: rotation.state.version ?? 0 })
  unlessOver(rotation, () => rotation.endPass(left))
}

async function retire(rotation: KeyRotation): Promise<void> {
  const { version, skipDamaged, refused } = rotation.state
  const allowedLeft = skipDamaged ? refused : 0
  const result = await rows.retireKeyVersions({ version: version ?? 0, allowedLeft })
  // Even after a `cancel` that came too late: what has happened is told.
  rotation.retired(result, Date.now())
}

/** A `cancel` may have come while an activity ran. */
function unlessOver(rotation: KeyRotation, change: () => void): void {
  if (!rotation.isOver) change()
}

function show(rotation: KeyRotation): void {
  setCurrentDetails(keysCard(rotation.progress()))
}

function mustStartOver({ maxStepsPerRun = MAX_STEPS_PER_RUN }: RotateKeysInput, steps: number) {
  return steps + 1 >= maxStepsPerRun || workflowInfo().continueAsNewSuggested
}

async function startOver(input: RotateKeysInput, rotation: KeyRotation): Promise<never> {
  await condition(allHandlersFinished)
  return continueAsNew<typeof rotateKeysWorkflow>({ ...input, state: rotation.state })
}

function causeOf({ cause }: ActivityFailure): { type: string; message: string } {
  if (cause instanceof ApplicationFailure) {
    return { type: cause.type ?? 'internal', message: cause.message }
  }
  return { type: 'worker_lost', message: 'The worker did not answer in time.' }
}
