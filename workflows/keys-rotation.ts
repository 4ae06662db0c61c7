import type { KeyVersions, RetireResult, RewrapResult } from '../activities/keys/types.ts'
import type {
  RotateKeysInput,
  RotationCommand,
  RotationOutcome,
  RotationPhase,
  RotationProgress,
  RotationState,
} from './keys-contract.ts'

/** Longer than the seconds between an encryption and its COMMIT, a slow database included. */
const SETTLE_MS = 60_000
const MAX_PASSES = 20
const MAX_BACKOFF_MS = 60_000
const OVER: readonly RotationPhase[] = ['done', 'incomplete', 'cancelled']

/** What a rotation decides; it calls nothing, so that it is tested without Temporal. */
export class KeyRotation {
  readonly #input: RotateKeysInput
  readonly state: RotationState

  constructor(input: RotateKeysInput, nowMs: number) {
    this.#input = input
    this.state = input.state ?? begin(input, nowMs)
  }

  get isOver(): boolean {
    return OVER.includes(this.state.phase)
  }

  get settleMs(): number {
    return this.#input.settleMs ?? SETTLE_MS
  }

  get table(): string | undefined {
    return Object.keys(this.state.left ?? {})[this.state.place]
  }

  /** Old versions may end as soon as a pass that begins now or later finds nothing. */
  get settledAt(): number {
    return this.state.changedAt + this.settleMs
  }

  begun({ latestVersion }: KeyVersions): void {
    this.state.fromVersion = latestVersion
    this.state.phase = 'rotating'
  }

  /** From here on everything new is sealed by `version`. `left` names every table there is. */
  rotated(version: number, left: Record<string, number>, nowMs: number): void {
    this.state.version = version
    this.state.left = left
    this.state.changedAt = nowMs
    this.startPass(nowMs)
  }

  startPass(nowMs: number): void {
    const { state } = this
    const pass = state.pass + 1
    const phase = pass > (this.#input.maxPasses ?? MAX_PASSES) ? 'incomplete' : 'rewrapping'
    const fresh = { place: 0, after: null, refused: 0, refusedIds: [] }
    Object.assign(state, fresh, { pass, phase, passStartedAt: nowMs })
  }

  /** Adds up some pages of the table; the next table follows when it has no more. */
  rewrapped(result: RewrapResult, nowMs: number): void {
    const { state } = this
    state.pages += result.pages
    state.rewrapped += result.rewrapped
    state.overtaken += result.overtaken
    state.refused += result.refused
    state.refusedIds = [...state.refusedIds, ...result.refusedIds].slice(0, 10)
    // A process may have read the row a moment ago, and is about to open what it had.
    if (result.rewrapped + result.overtaken > 0) state.changedAt = nowMs
    state.after = result.after
    const before = this.table === undefined ? undefined : state.left?.[this.table]
    // An estimate between two counts, for the card.
    if (state.left && this.table !== undefined && before !== undefined) {
      state.left[this.table] = Math.max(0, before - result.rewrapped)
    }
    if (result.after === null) state.place++
  }

  /** After the last table: what the pass has proved. */
  endPass(left: Record<string, number>): void {
    const { state } = this
    state.left = left
    if (state.passStartedAt < this.settledAt) state.phase = 'settling'
    else if (state.refused > 0 && !state.skipDamaged) state.phase = 'blocked'
    else state.phase = 'retiring'
  }

  retired({ retired, left }: RetireResult, nowMs: number): void {
    this.state.left = left
    if (retired) {
      this.state.phase = 'done'
      return
    }
    if (this.isOver) return
    // Rows came late, so others may: the quiet time begins anew.
    this.state.changedAt = nowMs
    this.startPass(nowMs)
  }

  command(name: RotationCommand): void {
    if (this.isOver) return
    if (name === 'cancel') this.state.phase = 'cancelled'
    else if (name === 'skipDamaged') this.state.skipDamaged = true
    else this.state.paused = name === 'pause'
  }

  troubled(code: string, message: string, nowMs: number): void {
    const tries = (this.state.trouble?.tries ?? 0) + 1
    this.state.trouble = { code, message, at: nowMs, tries }
  }

  get backoffMs(): number {
    const tries = this.state.trouble?.tries ?? 0
    return tries === 0 ? 0 : Math.min(1_000 * 2 ** Math.min(tries, 10), MAX_BACKOFF_MS)
  }

  progress(): RotationProgress {
    const { place, after, ...shown } = this.state
    const table = this.state.phase === 'rewrapping' ? (this.table ?? null) : null
    return { ...shown, table, advice: adviceFor(this.state) }
  }

  outcome(): RotationOutcome {
    const { phase, version, rewrapped, left } = this.state
    const outcome = phase === 'done' || phase === 'cancelled' ? phase : 'incomplete'
    return { outcome, version, rewrapped, left }
  }
}

function begin(input: RotateKeysInput, nowMs: number): RotationState {
  return {
    phase: 'starting',
    paused: false,
    skipDamaged: input.skipDamaged ?? false,
    startedAt: nowMs,
    fromVersion: null,
    version: null,
    pass: 0,
    passStartedAt: nowMs,
    changedAt: nowMs,
    place: 0,
    after: null,
    pages: 0,
    rewrapped: 0,
    overtaken: 0,
    refused: 0,
    refusedIds: [],
    left: null,
    trouble: null,
  }
}

function adviceFor({ phase, paused, trouble }: RotationState): string {
  if (trouble?.code === 'vault_denied') {
    return 'give this worker a login with the policies rotate and rewrap; it then goes on by itself.'
  }
  if (trouble?.code === 'vault_unavailable') return 'bring Vault back; it then goes on by itself.'
  if (trouble) return 'see the log of the worker; it is tried again by itself.'
  if (paused && phase !== 'cancelled') return '`resume` when it shall go on.'
  switch (phase) {
    case 'blocked':
      return 'look at the refused rows: they open under no version. `skipDamaged` leaves them behind, `cancel` keeps the old versions.'
    case 'incomplete':
      return 'rows of old versions kept coming: restart every API and worker, then rotate again.'
    default:
      return 'nothing.'
  }
}
