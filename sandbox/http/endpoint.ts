import { setTimeout as sleep } from 'node:timers/promises'
import type { Request, RequestHandler, Response } from 'express'
import type { Platform } from '../../domain/platforms.ts'
import type { Step } from '../core/calls.ts'
import type { Fault } from '../core/faults.ts'
import type { SandboxState } from '../core/state.ts'
import { type Answer, Refusal } from './answer.ts'
import { type ApiRequest, readRequest } from './request.ts'

/** Fault kinds that a platform answers in its own words. */
export interface SpokenFault {
  kind: 'status' | 'refuse' | 'rate_limit' | 'duplicate'
  status: number
  retryAfterS: number
  step: Step
}

/** What the shared endpoint asks of a platform. */
export interface Voice {
  platform: Platform
  /** The account a request acts for, found without any effect; undefined when it names none. */
  identify(req: ApiRequest): string | undefined
  /** The platform's wording of a fault. */
  speak(fault: SpokenFault, req: ApiRequest): Answer
}

/** Synchronous, so that two requests never interleave inside one. */
export type Handler = (req: ApiRequest) => Answer

/**
 * What has to be waited for before the handler runs: looking into files (`req.found`), fetching
 * from addresses. Must change nothing that another request could see.
 */
export type Before = (req: ApiRequest) => Promise<void>

/** `drop` destroys the socket without an answer. */
type Outcome = Answer | 'drop'

/** Of a rate-limit fault that names no wait. */
const DEFAULT_RETRY_AFTER_S = 60

/** An Express handler that applies faults, runs the platform's handler and lists the call. */
export function endpoint(
  state: SandboxState,
  voice: Voice,
  step: Step,
  handle: Handler,
  before?: Before,
): RequestHandler {
  return async (expressReq: Request, res: Response) => {
    const at = state.now()
    const req = readRequest(expressReq, at.getTime())
    await before?.(req)
    const accountId = voice.identify(req)
    // Counted before the handler runs: of two requests at once, a fault for one call hits one.
    const fault = state.faults.take(voice.platform, step, accountId)
    const outcome = await settle(state, voice, { req, step, fault, handle })
    state.calls.add({
      platform: voice.platform,
      account_id: accountId ?? null,
      step,
      status: outcome === 'drop' ? null : outcome.status,
      at: at.toISOString(),
    })
    if (outcome === 'drop') res.socket?.destroy()
    else send(res, outcome, req.replyHeaders)
  }
}

/** A request that is about to be answered. */
interface Pending {
  req: ApiRequest
  step: Step
  fault: Fault | undefined
  handle: Handler
}

/** Decides what happens to a request: its fault, else the platform’s own answer. */
async function settle(state: SandboxState, voice: Voice, pending: Pending): Promise<Outcome> {
  const { req, step, fault, handle } = pending
  switch (fault?.fault) {
    case undefined:
      return run(handle, req)
    case 'processing':
      return run(handle, { ...req, fault: 'processing' })
    case 'drop_before':
      return 'drop'
    case 'drop_after_accept':
      // The work is done and only its answer lost: the case that a client has to look up.
      run(handle, req)
      return 'drop'
    case 'status_after_accept':
      run(handle, req)
      return voice.speak(spoken('status', fault, step), req)
    case 'delay':
      return delayed(state, fault.delay_ms ?? 0, handle, req)
    case 'refuse':
      if (step === 'status') return run(handle, { ...req, fault: 'refuse' })
      return voice.speak(spoken('refuse', fault, step), req)
    case 'status':
    case 'rate_limit':
    case 'duplicate':
      return voice.speak(spoken(fault.fault, fault, step), req)
  }
}

function spoken(kind: SpokenFault['kind'], fault: Fault, step: Step): SpokenFault {
  return {
    kind,
    step,
    status: fault.status ?? 500,
    retryAfterS: fault.retry_after_s ?? DEFAULT_RETRY_AFTER_S,
  }
}

/** Waits, then accepts with the later clock: a slow platform still does the work. */
async function delayed(
  state: SandboxState,
  delayMs: number,
  handle: Handler,
  req: ApiRequest,
): Promise<Outcome> {
  try {
    await sleep(delayMs, undefined, { signal: state.closing.signal })
  } catch (error) {
    // A sandbox that closes must not wait for its slowest fault.
    if (state.closing.signal.aborted) return 'drop'
    throw error
  }
  return run(handle, { ...req, nowMs: state.now().getTime() })
}

/** A refusal thrown inside a handler is its answer. */
function run(handle: Handler, req: ApiRequest): Answer {
  try {
    return handle(req)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

/** Writes an answer; headers of the answer win over those of the request. */
export function send(res: Response, answer: Answer, headers: Record<string, string> = {}): void {
  res.status(answer.status).set({ ...headers, ...answer.headers })
  if (answer.body === undefined) {
    res.end()
    return
  }
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  res.set('content-type', answer.contentType ?? 'application/json; charset=utf-8').end(text)
}
