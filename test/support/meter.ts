import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Meter {
  url: string
  /** Bytes of bodies that were passed on to paths that match, broken-off ones included. */
  readonly bytes: number
  /** Bytes of the largest single body among them. */
  readonly largest: number
  /** Calls back once, at the instant at which this many bytes have passed. */
  at(bytes: number, reached: () => void): void
  close(): Promise<void>
}

/** A streaming proxy that counts what is uploaded through it. */
export async function startMeter(
  targetUrl: string,
  isUpload: (method: string, path: string) => boolean,
): Promise<Meter> {
  const marks: { bytes: number; reached: () => void }[] = []
  let bytes = 0
  let largest = 0
  const count = (incoming: IncomingMessage) => {
    let own = 0
    incoming.on('data', (chunk: Buffer) => {
      own += chunk.length
      bytes += chunk.length
      largest = Math.max(largest, own)
      for (const mark of marks.filter((one) => one.bytes <= bytes)) {
        marks.splice(marks.indexOf(mark), 1)
        mark.reached()
      }
    })
  }
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '/', headers } = incoming
    if (isUpload(method, path)) count(incoming)
    // The caller's Host stays: addresses that the platform gives of itself lead back to the meter.
    const options = { method, headers, agent: false }
    const passed = request(new URL(path, targetUrl), options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get bytes() {
      return bytes
    },
    get largest() {
      return largest
    },
    at: (mark, reached) => marks.push({ bytes: mark, reached }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
