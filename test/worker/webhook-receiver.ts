import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

export interface Received {
  headers: IncomingHttpHeaders
  body: string
}

/** How to answer: a status, or something else that the test does with the response. */
export type Answering = number | ((response: ServerResponse) => void)

export interface Receiver {
  url: string
  /** `host:port`, for lists of allowed private hosts. */
  host: string
  received: Received[]
  /** Of every request from now on; 204 until it is called. */
  answer(answering: Answering): void
  /** Settles when so many requests have come. */
  came(count: number): Promise<void>
  /** Ends what is under way without an answer. */
  cut(): void
  close(): Promise<void>
}

/** A receiver of webhooks on loopback. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  let answering: Answering = 204
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      if (typeof answering === 'number') response.writeHead(answering).end()
      else answering(response)
      for (const one of waiting) if (received.length >= one.count) one.resolve()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return {
    ...{ url: `http://${host}/in`, host, received },
    answer: (next) => {
      answering = next
    },
    came: (count) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      if (received.length >= count) resolve()
      else waiting.push({ count, resolve })
      return promise
    },
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * As a receiver verifies, from the specification and not from the sender's code: true when one of
 * the signatures is of this secret.
 */
export function isSignedBy(secret: string, { headers, body }: Received): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  return String(headers['webhook-signature']).split(' ').includes(expected)
}
