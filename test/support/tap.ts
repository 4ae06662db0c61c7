import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a tap does with one request it holds; each may be awaited by the test. */
export interface Held {
  path: string
  /** Passes the request on and keeps the platform's answer back; resolves when it is there. */
  forward(): Promise<void>
  /** Gives the kept answer to the caller. */
  answer(): void
  /** Closes the caller's connection without an answer. */
  drop(): void
}

export interface Tap {
  url: string
  /**
   * The next request that matches is held; resolves when it has arrived, and throws with what came
   * instead when that takes longer than `deadlineMs` (30,000).
   */
  hold(matches: Matches, deadlineMs?: number): Promise<Held>
  close(): Promise<void>
}

type Matches = (method: string, path: string, body: string) => boolean

interface Waiting {
  matches: Matches
  take(held: Held): void
}

/**
 * A proxy between worker and platform that can stop time at an exact point of one request: before
 * the platform saw it, or after the platform accepted it and before the answer. Everything else
 * passes through.
 */
export async function startTap(targetUrl: string): Promise<Tap> {
  const waiting: Waiting[] = []
  const passed: string[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const ask = () => passOn(targetUrl, incoming, body)
      const { method = '', url: path = '' } = incoming
      const index = waiting.findIndex((one) => one.matches(method, path, body.toString()))
      const [found] = index < 0 ? [] : waiting.splice(index, 1)
      if (found !== undefined) return found.take(makeHeld(path, ask, outgoing))
      passed.push(`${method} ${path.split('?')[0]}`)
      ask().then(
        (kept) => give(kept, outgoing),
        () => outgoing.destroy(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hold: (matches, deadlineMs = 30_000) =>
      new Promise((take, fail) => {
        const missed = () => {
          const last = passed.slice(-10).join(', ')
          fail(new Error(`The tap met no such request in ${deadlineMs / 1000} s, but: ${last}`))
        }
        const timer = setTimeout(missed, deadlineMs)
        waiting.push({
          matches,
          take(held) {
            clearTimeout(timer)
            take(held)
          },
        })
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Kept {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

function makeHeld(path: string, ask: () => Promise<Kept>, outgoing: ServerResponse): Held {
  let kept: Kept | undefined
  return {
    path,
    async forward() {
      kept = await ask()
    },
    answer() {
      if (kept !== undefined) give(kept, outgoing)
    },
    drop() {
      outgoing.destroy()
    },
  }
}

function passOn(targetUrl: string, incoming: IncomingMessage, body: Buffer): Promise<Kept> {
  return new Promise((resolve, reject) => {
    const url = new URL(incoming.url ?? '/', targetUrl)
    // The caller's Host stays: addresses that the platform gives of itself lead back to the tap.
    const { method, headers } = incoming
    const outgoing = request(url, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const status = answer.statusCode ?? 502
        resolve({ status, headers: answer.headers, body: Buffer.concat(chunks) })
      })
      answer.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function give(kept: Kept, outgoing: ServerResponse): void {
  if (outgoing.destroyed) return
  const { 'transfer-encoding': _, ...headers } = kept.headers
  outgoing.writeHead(kept.status, headers)
  outgoing.end(kept.body)
}
