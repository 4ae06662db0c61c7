import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { Agent } from 'undici'
import { guardedLookup, hostAndPort, isAcceptableUrl } from './host-guard.ts'
import { makeDownload } from './http-download.ts'
import { HttpNotSent, HttpOutcomeUnknown, type RequestLabel } from './http-errors.ts'
import { Exchange, type RawAnswer } from './http-exchange.ts'
import type { Http, HttpAnswer, HttpRequest } from './http-types.ts'

export { HttpNotSent, HttpOutcomeUnknown } from './http-errors.ts'
export type {
  BodyStream,
  Download,
  DownloadRequest,
  Http,
  HttpAnswer,
  HttpRequest,
} from './http-types.ts'

export interface HttpOptions {
  userAgent: string
  /** `host:port` of private hosts that users may name, over http too. */
  allowedPrivateHosts?: readonly string[]
  /** From the call to the last byte of the answer. */
  timeoutMs?: number
  connectTimeoutMs?: number
  headersTimeoutMs?: number
  /** Longest silence inside an answer's body. */
  bodyTimeoutMs?: number
  maxAnswerBytes?: number
  /** DNS for user-given hosts; the system's unless given. */
  lookup?: LookupFunction
}

const DEFAULTS = {
  timeoutMs: 30_000,
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 25_000,
  bodyTimeoutMs: 10_000,
  maxAnswerBytes: 2_000_000,
}

/** Sockets are shared per origin; guarded and trusted calls never share one. */
export function makeHttp(options: HttpOptions): Http {
  const settings = { ...DEFAULTS, ...options }
  const allowed = new Set((options.allowedPrivateHosts ?? []).map(normalizeHost))
  const trusted = makeAgent(settings, {})
  const guarded = makeAgent(settings, { lookup: guardedLookup(options.lookup) })

  async function request(request: HttpRequest): Promise<HttpAnswer> {
    const label = labelOf(request)
    const isTrusted = request.trusted === true || allowed.has(hostAndPort(label.url))
    if (request.trusted !== true && !isAcceptableUrl(label.url, allowed)) {
      throw new HttpNotSent(label, 'host_refused')
    }
    const exchange = new Exchange(label, {
      sendBefore: request.sendBefore,
      maxAnswerBytes: settings.maxAnswerBytes,
    })
    const stopWatching = watch(exchange, request.signal, request.timeoutMs ?? settings.timeoutMs)
    try {
      if (!request.signal?.aborted) {
        const agent = isTrusted ? trusted : guarded
        dispatch(agent, exchange, () => dispatchOptions(request, label.url, settings))
      }
      return answerOf(await exchange.answer, label)
    } finally {
      stopWatching()
    }
  }

  const download = makeDownload({
    userAgent: settings.userAgent,
    agentFor(label) {
      if (!isAcceptableUrl(label.url, allowed)) throw new HttpNotSent(label, 'host_refused')
      return allowed.has(hostAndPort(label.url)) ? trusted : guarded
    },
  })

  return {
    request,
    download,
    close: async () => {
      await Promise.all([trusted.destroy(), guarded.destroy()])
    },
  }
}

type Settings = typeof DEFAULTS & Pick<HttpOptions, 'userAgent'>

function makeAgent(settings: Settings, connect: { lookup?: LookupFunction }): Agent {
  return new Agent({
    connect: { timeout: settings.connectTimeoutMs, ...connect },
    headersTimeout: settings.headersTimeoutMs,
    bodyTimeout: settings.bodyTimeoutMs,
    // One request per socket at a time: a failed one never makes undici send another again.
    pipelining: 1,
    // Shorter than servers keep idle sockets, so that a request rarely meets one being closed.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000,
  })
}

function dispatch(
  agent: Agent,
  exchange: Exchange,
  options: () => Parameters<Agent['dispatch']>[0],
): void {
  try {
    agent.dispatch(options(), exchange)
  } catch (error) {
    exchange.break(error)
  }
}

/** Ties the exchange to the caller's signal and to the total timeout; returns the release. */
function watch(exchange: Exchange, signal: AbortSignal | undefined, timeoutMs: number): () => void {
  const abort = () => exchange.stop('aborted')
  const timer = setTimeout(() => exchange.stop('timeout'), timeoutMs)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function dispatchOptions(
  request: HttpRequest,
  url: URL,
  settings: Settings,
): Parameters<Agent['dispatch']>[0] {
  const { body, bytes, contentType } = bodyOf(request)
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    body: body ?? null,
    headers: {
      'user-agent': settings.userAgent,
      accept: 'application/json',
      ...(contentType ? { 'content-type': contentType } : {}),
      ...(bytes === undefined ? {} : { 'content-length': String(bytes) }),
      ...request.headers,
    },
  }
}

interface Body {
  body?: string | Buffer | Readable
  /** Of a stream, whose length undici cannot know. */
  bytes?: number
  contentType?: string
}

function bodyOf({ json, form, body }: HttpRequest): Body {
  if (json !== undefined) return { body: JSON.stringify(json), contentType: 'application/json' }
  if (form) return { body: form.toString(), contentType: 'application/x-www-form-urlencoded' }
  if (body === undefined || typeof body === 'string') return body === undefined ? {} : { body }
  if (body instanceof Uint8Array) return { body: Buffer.from(body) }
  return { body: Readable.from(body.open(), { objectMode: false }), bytes: body.bytes }
}

function labelOf(request: HttpRequest): RequestLabel {
  const url = URL.parse(String(request.url))
  if (url) return { method: request.method, url }
  throw new HttpNotSent({ method: request.method, url: new URL('invalid:url') }, 'invalid_request')
}

function answerOf(raw: RawAnswer, label: RequestLabel): HttpAnswer {
  return {
    ...raw,
    json: () => {
      try {
        return JSON.parse(raw.text)
      } catch {
        // The parser's message quotes the body, so it must not travel as a cause.
        throw new HttpOutcomeUnknown(label, 'unparsable')
      }
    },
  }
}

/** An entry without a port means the port of https. */
function normalizeHost(entry: string): string {
  const url = URL.parse(`http://${entry}`)
  if (!url) throw new TypeError(`not a host:port: ${entry}`)
  const hasPort = /:\d+$/.test(entry)
  return `${url.hostname}:${url.port || (hasPort ? '80' : '443')}`
}
