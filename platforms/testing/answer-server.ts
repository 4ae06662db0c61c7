import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { PublishCall } from '../connector.ts'
import { type Http, makeHttp } from '../http.ts'
import { madeUpFiles } from './made-up-files.ts'

export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

export interface Received {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

export interface AnswerServer {
  url: string
  http: Http
  /** Its files are made up: see `madeUpFiles`. */
  call: PublishCall
  received: Received[]
  /** Answers in the order of requests; when they run out, 404 without a body. */
  answer(...answers: Answer[]): void
  close(): Promise<void>
}

/** An HTTP server that answers what the test says and keeps what it was asked. */
export async function startAnswerServer(): Promise<AnswerServer> {
  const queue: Answer[] = []
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    received.push(await readRequest(request))
    reply(response, queue.shift() ?? { status: 404 })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const allowedPrivateHosts = [`127.0.0.1:${port}`]
  const http = makeHttp({ userAgent: 'clarion-test', timeoutMs: 5_000, allowedPrivateHosts })
  return {
    url: `http://127.0.0.1:${port}`,
    http,
    call: { http, signal: new AbortController().signal, media: madeUpFiles },
    received,
    answer: (...answers) => {
      received.length = 0
      queue.splice(0, queue.length, ...answers)
    },
    close: async () => {
      await http.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readRequest(request: IncomingMessage): Promise<Received> {
  let body = ''
  for await (const chunk of request) body += chunk
  const { method = '', url = '', headers } = request
  return { method, path: url, headers, body }
}

function reply(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}
