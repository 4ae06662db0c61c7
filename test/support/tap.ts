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
  /** The next request whose method and path match is held; resolves when it has arrived. */
  hold(matches: (method: string, path: string) => boolean): Promise<Held>
  close(): Promise<void>
}

interface Waiting {
  matches(method: string, path: string): boolean
  take(held: Held): void
}

/**
 * A proxy between worker and platform that can stop time at an exact point of one request: before
 * the platform saw it, or after the platform accepted it and before the answer. Everything else
 * passes through.
 */
export async function startTap(targetUrl: string): Promise<Tap> {
  const waiting: Waiting[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const ask = () => passOn(targetUrl, incoming, Buffer.concat(chunks))
      const path = incoming.url ?? ''
      const index = waiting.findIndex((one) => one.matches(incoming.method ?? '', path))
      const [found] = index < 0 ? [] : waiting.splice(index, 1)
      if (found === undefined)
        ask().then(
          (kept) => give(kept, outgoing),
          () => outgoing.destroy(),
        )
      else found.take(makeHeld(path, ask, outgoing))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hold: (matches) => new Promise((take) => waiting.push({ matches, take })),
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
    const { method, headers } = incoming
    const outgoing = request(url, { method, headers: { ...headers, host: url.host } }, (answer) => {
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
