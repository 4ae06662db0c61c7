import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import { WORKFLOW_QUEUE } from './contract.ts'

/** One rotation at a time: the id is the same for all. */
export const ROTATE_KEYS_ID = 'keys:rotate'

export interface RotateKeysInput {
  /** False rewraps to the newest version that there is, such as after a cancelled rotation. */
  rotate?: boolean
  /** Allow ended versions first, as far as rows need them. */
  reopen?: boolean
  /** End old versions although rows stay behind that open under no version. */
  skipDamaged?: boolean
  /**
   * Quiet time, in ms, between the last thing that was found or made and the pass that must find
   * nothing: longer than any process holds what is sealed between the cipher and the database.
   */
  settleMs?: number
  rowsPerPage?: number
  pagesPerActivity?: number
  maxPasses?: number
  /** Activities before the workflow continues as new. */
  maxStepsPerRun?: number
  /** Set by the workflow itself when it continues as new. */
  state?: RotationState
}

export const ROTATION_PHASES = [
  'starting',
  'rotating',
  'rewrapping',
  'settling',
  'retiring',
  'blocked',
  'done',
  'incomplete',
  'cancelled',
] as const
export type RotationPhase = (typeof ROTATION_PHASES)[number]

/** What a rotation knows; carried over when it continues as new. */
export interface RotationState {
  phase: RotationPhase
  paused: boolean
  skipDamaged: boolean
  /** Epoch ms. */
  startedAt: number
  /** Newest version before the rotation. */
  fromVersion: number | null
  /** Version that everything moves to. */
  version: number | null
  pass: number
  /** Epoch ms at which the pass began. */
  passStartedAt: number
  /** Epoch ms of the last change that the last pass must be later than. */
  changedAt: number
  /** Where the pass is: index of the table and the last row seen. */
  place: number
  after: { tenantId: string; id: string } | null
  pages: number
  rewrapped: number
  overtaken: number
  /** Rows of this pass that do not open in their context. */
  refused: number
  refusedIds: string[]
  /** By table, as last counted. */
  left: Record<string, number> | null
  /** Why it does not get on just now; it tries again by itself. */
  trouble: { code: string; message: string; at: number; tries: number } | null
}

export type RotationProgress = Omit<RotationState, 'place' | 'after'> & {
  /** Table that is being rewrapped. */
  table: string | null
  /** What a person may do. */
  advice: string
}

/** `done`: the older versions have ended. Otherwise they still open. */
export interface RotationOutcome {
  outcome: 'done' | 'incomplete' | 'cancelled'
  version: number | null
  rewrapped: number
  left: Record<string, number> | null
}

/** Each is an Update and, for people in the Temporal UI, a Signal. */
export const ROTATION_COMMANDS = ['pause', 'resume', 'cancel', 'skipDamaged'] as const
export type RotationCommand = (typeof ROTATION_COMMANDS)[number]

export const rotationUpdate = (name: RotationCommand) => defineUpdate<RotationProgress>(name)
export const rotationSignal = (name: RotationCommand) => defineSignal(name)
export const rotationProgress = defineQuery<RotationProgress>('progress')

/** Fails when a rotation is running: it is followed instead. */
export function rotateKeysStart(input: RotateKeysInput) {
  return {
    workflowId: ROTATE_KEYS_ID,
    taskQueue: WORKFLOW_QUEUE,
    args: [input] as [RotateKeysInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'FAIL' as const,
    staticSummary: 'Rotate the encryption keys',
  }
}
