import type { PostState, TargetState } from '../domain/post-state.ts'
import { heldReason, isEnded } from '../domain/post-state.ts'
import { spreadOf } from '../domain/refresh-schedule.ts'

const DAY_MS = 24 * 60 * 60_000
/** Publishing starts this long before the due instant, spread per post: posts cluster on the full
 * minute, and a server fires timers that are due together slowly. */
const LEAD_MIN_MS = 5_000
const LEAD_SPREAD_MS = 40_000
/** A due post that may not be sent waits this long for a person, then fails with the reason. */
const HOLD_MAX_MS = 7 * DAY_MS
/** A failed or unconfirmed post waits this long for a person; later commands start it again. */
const PARK_MAX_MS = 30 * DAY_MS

export type Step =
  | { do: 'publish' | 'confirm'; target: TargetState; revision: number }
  | { do: 'hold'; code: string }
  | { do: 'expire_hold' }

/**
 * What one post's workflow knows and what it should do next. Plain and synchronous: time comes in
 * as an argument, effects go out as steps.
 */
export class PostProcess {
  readonly postId: string
  state: PostState
  /** True from the moment we hear that the row is ahead until it has been read. */
  isBehind = false
  /** The last refused signal or undecided lookup, for the operator's card. */
  note: string | undefined
  #isGone = false
  #statusSince: number
  #heldAs: string | undefined
  #version = 0
  readonly #busy = new Map<string, number>()

  constructor(postId: string, state: PostState, nowMs: number) {
    this.postId = postId
    this.state = state
    this.#statusSince = nowMs
  }

  /** Counts everything that may change what comes next; the main loop waits for it to move. */
  get version(): number {
    return this.#version
  }

  touch(): void {
    this.#version++
  }

  /** Takes a snapshot of the row unless a newer one is known. Null: the post is gone. */
  adopt(snapshot: PostState | null, nowMs: number): void {
    if (snapshot === null) this.#isGone = true
    // The same write read again may carry newer rules of the tenant.
    else if (snapshot.seq >= this.state.seq) {
      if (snapshot.status !== this.state.status) this.#statusSince = nowMs
      this.state = snapshot
    }
    this.touch()
  }

  isOver(nowMs: number): boolean {
    if (this.#busy.size > 0) return false
    if (this.#isGone || isEnded(this.state.status)) return true
    return this.isParkedTooLong(nowMs)
  }

  isParkedTooLong(nowMs: number): boolean {
    const until = this.#parkedUntil()
    return until !== undefined && nowMs >= until
  }

  get isIdle(): boolean {
    return this.#busy.size === 0
  }

  nextSteps(nowMs: number): Step[] {
    if (this.#isGone) return []
    if (this.state.status === 'scheduled') return this.#scheduledSteps(nowMs)
    return this.state.targets.flatMap((target) => this.#targetStep(target))
  }

  /** Instant (epoch ms) at which something is to be done though nothing changed. */
  wakeAt(nowMs: number): number | undefined {
    const at = this.#nextInstant(nowMs)
    // What was due in the past has been begun, and its end is what comes next: a timer would spin.
    return at !== undefined && at > nowMs ? at : undefined
  }

  get leadMs(): number {
    const spreadMs = LEAD_MIN_MS + Math.round(LEAD_SPREAD_MS * spreadOf(this.postId))
    return spreadMs + (this.state.prepareMs ?? 0)
  }

  begin(targetId: string, revision: number): void {
    this.#busy.set(targetId, revision)
  }

  /** A publish that was overtaken by one for a later revision ends without freeing the target. */
  finish(targetId: string, revision: number): void {
    if (this.#busy.get(targetId) === revision) this.#busy.delete(targetId)
    this.touch()
  }

  #nextInstant(nowMs: number): number | undefined {
    if (this.state.status !== 'scheduled') return this.#parkedUntil()
    const dueAt = this.state.scheduledAt ?? nowMs
    const held = heldReason(this.state, Math.max(nowMs, dueAt))
    if (held === undefined) return dueAt - this.leadMs
    return nowMs < dueAt ? dueAt : dueAt + HOLD_MAX_MS
  }

  #scheduledSteps(nowMs: number): Step[] {
    const dueAt = this.state.scheduledAt ?? nowMs
    const held = heldReason(this.state, Math.max(nowMs, dueAt))
    if (held !== undefined) return this.#heldSteps(held, nowMs, dueAt)
    if (nowMs < dueAt - this.leadMs) return []
    return this.state.targets.flatMap((target) => this.#targetStep(target))
  }

  #heldSteps(held: string, nowMs: number, dueAt: number): Step[] {
    if (nowMs < dueAt) return []
    const isOver = nowMs >= dueAt + HOLD_MAX_MS
    const key = `${this.state.revision}:${isOver ? 'expired' : held}`
    if (this.#heldAs === key) return []
    this.#heldAs = key
    return [isOver ? { do: 'expire_hold' } : { do: 'hold', code: held }]
  }

  #targetStep(target: TargetState): Step[] {
    const { revision } = this.state
    const busyWith = this.#busy.get(target.id)
    switch (target.status) {
      case 'pending':
      case 'queued':
        return busyWith === revision ? [] : [{ do: 'publish', target, revision }]
      case 'publishing':
        return busyWith === undefined ? [{ do: 'publish', target, revision }] : []
      case 'unconfirmed':
        return busyWith === undefined ? [{ do: 'confirm', target, revision }] : []
      default:
        return []
    }
  }

  #parkedUntil(): number | undefined {
    switch (this.state.status) {
      case 'failed':
      case 'partially_published':
      case 'unconfirmed':
        return this.#statusSince + PARK_MAX_MS
      default:
        return undefined
    }
  }
}
