import type { ConnectionState } from '../domain/connection-state.ts'
import { nextRefreshAt, spreadOf } from '../domain/refresh-schedule.ts'
import type { ConnectionSummary, RefreshAnswer } from './contract.ts'

const RETRY_FLOOR_MS = 5_000

/** What one connection's workflow knows. Plain and synchronous, like PostProcess. */
export class ConnectionProcess {
  readonly connectionId: string
  state: ConnectionState
  refreshes = 0
  #isGone = false
  #version = 0

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

  /** The process that was refreshing died: the row knows of no next try, so it is soon. */
  delayAfterLoss(nowMs: number): void {
    this.state = { ...this.state, nextRefreshAt: nowMs + RETRY_FLOOR_MS }
    this.#version++
  }

  /** Answers a caller without calling the platform where that is possible. */
  answerTo(staleVersion: number | undefined, nowMs: number): RefreshAnswer | undefined {
    const { status, tokenVersion, refreshFailures } = this.state
    if (!this.isAlive) return { outcome: 'needs_reconnect', status, code: status }
    if (staleVersion === undefined) return undefined
    if (tokenVersion > staleVersion) return this.fresh()
    const nextTry = this.refreshAt ?? nowMs
    // Callers must not hurry a platform that is in trouble.
    if (refreshFailures > 0 && nextTry > nowMs) return this.retrying('refresh_failed', nextTry)
    return undefined
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
