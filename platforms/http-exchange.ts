import type { Dispatcher } from 'undici'
import {
  HttpNotSent,
  HttpOutcomeUnknown,
  type NotSentReason,
  type OutcomeUnknownReason,
  type RequestLabel,
} from './http-errors.ts'

export interface RawAnswer {
  status: number
  headers: Headers
  text: string
}

export interface ExchangeLimits {
  sendBefore: Date | undefined
  maxAnswerBytes: number
}

/**
 * One request on undici's dispatcher, settled exactly once. `onRequestStart` is the border: undici
 * calls it on a connected socket, in the same turn in which it writes the first byte, and writes
 * nothing when it is aborted there. Before it nothing was sent; after it anything may have been.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<RawAnswer>
  readonly #label: RequestLabel
  readonly #limits: ExchangeLimits
  readonly #resolve: (answer: RawAnswer) => void
  readonly #reject: (error: Error) => void
  readonly #chunks: Buffer[] = []
  #size = 0
  #started = false
  #settled = false
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers = new Headers()

  constructor(label: RequestLabel, limits: ExchangeLimits) {
    this.#label = label
    this.#limits = limits
    const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
    this.answer = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Gives up: a request that waits for its socket is never written, a running one is cut. */
  stop(reason: 'timeout' | 'aborted'): void {
    this.#fail(reason, reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    const { sendBefore } = this.#limits
    if (!this.#settled && sendBefore && Date.now() >= sendBefore.getTime()) {
      this.#fail('too_late', 'timeout')
    }
    if (this.#settled) controller.abort(new Error('given up before the first byte'))
    else this.#started = true
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.#status = status
    this.#headers = toHeaders(headers)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#limits.maxAnswerBytes) this.#fail('invalid_request', 'too_large')
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#settled) return
    this.#settled = true
    const text = Buffer.concat(this.#chunks).toString('utf8')
    this.#resolve({ status: this.#status, headers: this.#headers, text })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.break(error)
  }

  /** Ends the exchange with what the transport raised, also when it raised it at once. */
  break(error: unknown): void {
    const code = systemCode(error)
    this.#fail(notSentReason(error, code), lostReason(code), code)
  }

  #fail(notSent: NotSentReason, unknown: OutcomeUnknownReason, code?: string): void {
    if (this.#settled) return
    this.#settled = true
    const failure = this.#started
      ? new HttpOutcomeUnknown(this.#label, unknown, code)
      : new HttpNotSent(this.#label, notSent, code)
    this.#reject(failure)
    if (this.#started) this.#controller?.abort(failure)
  }
}

export function toHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  return headers
}

/** What the system or the transport calls the error, when it does. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  // Several addresses were tried and each failed.
  return 'errors' in error && Array.isArray(error.errors) ? systemCode(error.errors[0]) : undefined
}

const CONNECT_CODES = /^(ECONN|EHOST|ENET|EADDR|EPIPE|ETIMEDOUT|UND_ERR_)/

export function notSentReason(error: unknown, code: string | undefined): NotSentReason {
  if (code === 'HOST_REFUSED') return 'host_refused'
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'timeout'
  if (code === 'ENOTFOUND' || code?.startsWith('EAI_')) return 'dns'
  if (code === 'UND_ERR_INVALID_ARG' || error instanceof TypeError) return 'invalid_request'
  return code === undefined || CONNECT_CODES.test(code) ? 'connect' : 'tls'
}

export function lostReason(code: string | undefined): OutcomeUnknownReason {
  return code?.endsWith('_TIMEOUT') ? 'timeout' : 'connection_lost'
}
