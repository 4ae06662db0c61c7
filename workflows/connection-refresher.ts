import { ActivityFailure, isCancellation } from '@temporalio/workflow'
import type { RefreshResult } from '../activities/types.ts'
import { accounts, refreshing, rows } from './activity-proxies.ts'
import type { ConnectionProcess } from './connection-process.ts'
import type { ConnectionWorkflowInput, RefreshAnswer } from './contract.ts'

/** The single flight of promise 3: while one refresh runs, everybody waits for that one. */
export class ConnectionRefresher {
  readonly #ids: { tenantId: string; connectionId: string }
  readonly #connection: ConnectionProcess
  #flight: Promise<RefreshResult['outcome']> | undefined

  constructor(input: ConnectionWorkflowInput, connection: ConnectionProcess) {
    this.#ids = { tenantId: input.tenantId, connectionId: input.connectionId }
    this.#connection = connection
  }

  get isIdle(): boolean {
    return this.#flight === undefined
  }

  /** Answers when the connection has a token newer than `staleVersion`, or cannot have one now. */
  async answer(staleVersion: number | undefined, isForced?: boolean): Promise<RefreshAnswer> {
    const connection = this.#connection
    // The caller read a newer row than we know: a reconnect whose signal is under way.
    if (staleVersion !== undefined && staleVersion > connection.state.tokenVersion) {
      connection.adopt(await rows.loadConnection(this.#ids))
    }
    const known = connection.answerTo(staleVersion, Date.now(), isForced)
    if (known !== undefined) return known
    const isFixed = connection.state.refreshModel === 'none' || connection.isTooYoung(Date.now())
    if (isFixed) return this.#checkAccount()
    const before = connection.state.tokenVersion
    await this.refresh()
    if (connection.state.tokenVersion > before) return connection.fresh()
    return connection.lost() ?? connection.retrying('refresh_failed', this.#nextTry())
  }

  refresh(): Promise<RefreshResult['outcome']> {
    this.#flight ??= this.#callOnce().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #callOnce(): Promise<RefreshResult['outcome']> {
    const { tokenVersion } = this.#connection.state
    try {
      const result = await refreshing.refreshConnection({ ...this.#ids, tokenVersion })
      this.#connection.steps++
      this.#connection.adopt(result.connection)
      return result.outcome
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
      // The call may have rotated the token or not; the row remembers that it was begun.
      this.#connection.adopt(await rows.loadConnection(this.#ids))
      this.#connection.delayAfterLoss(Date.now())
      return 'failed'
    }
  }

  /** Nothing can be refreshed (yet): a refused token is then proof that the account must be reconnected. */
  async #checkAccount(): Promise<RefreshAnswer> {
    const result = await accounts.validateConnection(this.#ids)
    this.#connection.adopt(result.connection)
    return this.#connection.lost() ?? this.#connection.fresh()
  }

  #nextTry(): number {
    return Math.max(this.#connection.refreshAt ?? 0, Date.now() + 1_000)
  }
}
