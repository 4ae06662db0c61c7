import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const POLL_MS = 50

/** A TCP port on 127.0.0.1 that nothing listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Whether a server could listen on this port of 127.0.0.1. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/**
 * Throws one clear line when the port is taken. Waits a moment first: the children of a server that
 * was just killed hold its port a little longer than it lives.
 */
export async function assertPortFree(
  port: number,
  variable: string,
  waitMs = 2_000,
): Promise<void> {
  const giveUpAt = Date.now() + waitMs
  while (!(await isPortFree(port))) {
    if (Date.now() >= giveUpAt) {
      throw new Error(`Port ${port} is taken: stop what listens there, or set ${variable}.`)
    }
    await pause(POLL_MS)
  }
}
