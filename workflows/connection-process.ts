import {
  accessEndsAt,
  nextSyncAt,
  nextValidationAt,
  nextWarning,
} from '../domain/connection-deadlines.ts'
import type { ConnectionState } from '../domain/connection-state.ts'
import { EXTENSION_MIN_AGE_MS, nextRefreshAt, spreadOf } from '../domain/refresh-schedule.ts'
import type { ConnectionSummary, RefreshAnswer } from './contract.ts'

const RETRY_FLOOR_MS = 5_000

/** What a connection's workflow does by itself; `at` is epoch ms. */
export type Due =
  | { what: 'end' | 'refresh' | 'sync' | 'validate'; at: number }
  | { what: 'warn'; at: number; days: number; endsAt: number }

/** At one instant the end comes first, and what proves the most next. */
const ORDER: readonly Due['what'][] = ['end', 'refresh', 'warn', 'sync', 'validate']

/** What one connection's workflow knows. Plain and synchronous, like PostProcess. */
export class ConnectionProcess {
  readonly connectionId: string
  state: ConnectionState
  /** Calls to the platform in this run, which bound its history. */
  steps = 0
  #isGone = false
  #version = 0
  readonly #notBefore = new Map<Due['what'], number>()

  constructor(connectionId: string, state: ConnectionState) {
    this.connectionId = connectionId
    this.state = state
  }

  get version(): number {
    return this.#version
  }

  get isOver(): boolean {
    return this.#isGone || this.state.status === 'disconnected'
  }

  /** True while the platform still lets us renew the token. */
  get isAlive(): boolean {
    return this.state.status === 'active' || this.state.status === 'error'
  }

  adopt(snapshot: ConnectionState | null): void {
    if (snapshot === null) this.#isGone = true
    else this.state = snapshot
    this.#version++
  }

  /** Instant (epoch ms) of the next refresh; undefined while there is none to wait for. */
  get refreshAt(): number | undefined {
    if (!this.isAlive || this.isOver) return undefined
    const planned = nextRefreshAt(this.state, spreadOf(this.connectionId))
    if (planned === null) return undefined
    return this.state.nextRefreshAt ?? planned
  }

  /** The next thing to do, perhaps overdue; undefined while only a person can go on. */
  nextDue(nowMs: number): Due | undefined {
    if (!this.isAlive || this.isOver) return undefined
    const dues = this.#dues(nowMs).map((due) => ({
      ...due,
      at: Math.max(due.at, this.#notBefore.get(due.what) ?? 0),
    }))
    const overdue = dues.filter(({ at }) => at <= nowMs)
    const first = overdue.sort((a, b) => ORDER.indexOf(a.what) - ORDER.indexOf(b.what))[0]
    return first ?? dues.sort((a, b) => a.at - b.at)[0]
  }

  #dues(nowMs: number): Due[] {
    const { state } = this
    const dues: Due[] = []
    const { refreshAt } = this
    if (refreshAt !== undefined) dues.push({ what: 'refresh', at: refreshAt })
    // Runs that began before these were known go on as they began, until their next snapshot.
    if (state.validatedAt === undefined) return dues
    const endsAt = accessEndsAt(state)
    if (endsAt !== null) dues.push({ what: 'end', at: endsAt })
    const warning = nextWarning(state, nowMs)
    if (endsAt !== null && warning !== undefined) dues.push({ what: 'warn', ...warning, endsAt })
    const syncAt = nextSyncAt(state)
    if (syncAt !== null) dues.push({ what: 'sync', at: syncAt })
    dues.push({ what: 'validate', at: nextValidationAt(state, spreadOf(this.connectionId)) })
    return dues
  }

  /** What did not come off must not be tried in a circle. */
  postpone(what: Due['what'], untilMs: number): void {
    this.#notBefore.set(what, untilMs)
  }

  /** The process that was refreshing died: the row knows of no next try, so it is soon. */
  delayAfterLoss(nowMs: number): void {
    this.state = { ...this.state, nextRefreshAt: nowMs + RETRY_FLOOR_MS }
    this.#version++
  }

  /**
   * Answers a caller without calling the platform where that is possible. `isForced`: a person
   * asks, who may hurry a platform in trouble.
   */
  answerTo(
    staleVersion: number | undefined,
    nowMs: number,
    isForced = staleVersion === undefined,
  ): RefreshAnswer | undefined {
    const { tokenVersion, refreshFailures } = this.state
    const lost = this.lost()
    if (lost !== undefined) return lost
    if (staleVersion !== undefined && tokenVersion > staleVersion) return this.fresh()
    // Without a refusal there is no need to ask: the token is as good as new.
    if (isForced && this.isTooYoung(nowMs)) {
      return this.retrying('token_too_young', this.#extendableAt())
    }
    if (isForced) return undefined
    const nextTry = this.refreshAt ?? nowMs
    // Callers must not hurry a platform that is in trouble.
    if (refreshFailures > 0 && nextTry > nowMs) return this.retrying('refresh_failed', nextTry)
    return undefined
  }

  /** The answer to everybody once a person has to act. */
  lost(): RefreshAnswer | undefined {
    const { status } = this.state
    return this.isAlive ? undefined : { outcome: 'needs_reconnect', status, code: status }
  }

  /** Some tokens can be extended only after a day (Instagram, Threads). */
  isTooYoung(nowMs: number): boolean {
    return this.#extendableAt() > nowMs
  }

  #extendableAt(): number {
    const { refreshModel, issuedAt } = this.state
    return refreshModel === 'extension' ? (issuedAt ?? 0) + EXTENSION_MIN_AGE_MS : 0
  }

  fresh(): RefreshAnswer {
    return { outcome: 'fresh', tokenVersion: this.state.tokenVersion, expiresAt: this.#expiresAt() }
  }

  retrying(code: string, atMs: number): RefreshAnswer {
    return { outcome: 'retrying', code, nextTryAt: new Date(atMs).toISOString() }
  }

  summary(): ConnectionSummary {
    const { status, tokenVersion } = this.state
    return { status, tokenVersion, expiresAt: this.#expiresAt() }
  }

  #expiresAt(): string | null {
    const { expiresAt } = this.state
    return expiresAt === null ? null : new Date(expiresAt).toISOString()
  }
}
