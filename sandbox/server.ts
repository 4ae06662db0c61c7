import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import { createApp } from './app.ts'
import { openBuiltInAccounts } from './core/open-account.ts'
import { readStateFile, StateFile } from './core/persist.ts'
import { createState, type SandboxState } from './core/state.ts'
import { STAND_INS } from './platforms/registry.ts'

export type { SandboxState } from './core/state.ts'

/** Every member has a default; see README.md. */
export interface SandboxOptions {
  /** 0 = any free port. */
  port?: number
  host?: string
  now?: () => Date
  /** File that keeps accounts, tokens and posts across restarts. */
  stateFile?: string
  /** False counts requests without ever refusing one, for benchmarks. */
  enforceRateLimits?: boolean
}

/** A running sandbox. */
export interface Sandbox {
  url: string
  close(): Promise<void>
  state: SandboxState
}

/** Starts every stand-in platform on one loopback port. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const restored = options.stateFile === undefined ? {} : readStateFile(options.stateFile)
  const { now, enforceRateLimits } = options
  const mediaFolder = options.stateFile === undefined ? undefined : `${options.stateFile}.media`
  const state = createState({ now, restored, enforceRateLimits, mediaFolder })
  const standIns = STAND_INS.map((make) => make(state))
  for (const standIn of standIns) openBuiltInAccounts(state, standIn)
  const file =
    options.stateFile === undefined ? undefined : new StateFile(options.stateFile, state.tables)
  file?.flush()
  const app = createApp(state, standIns, () => file?.changed())
  const host = options.host ?? '127.0.0.1'
  const { server, port } = await listen(app, host, options.port ?? 0)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    state,
    close: async () => {
      // First: delayed answers end now, and none of them holds the close up.
      state.closing.abort()
      await stop(server)
      file?.flush()
      state.shelf.close()
    },
  }
}

function listen(
  app: Express,
  host: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error) => {
      if (error !== undefined) reject(error)
      else resolve({ server, port: portOf(server.address()) })
    })
    // Clients that keep connections alive must not meet one that is just closing.
    server.keepAliveTimeout = 65_000
  })
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** Connections that are kept alive would hold the close up. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
