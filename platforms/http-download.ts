import type { Agent } from 'undici'
import { HttpNotSent, HttpOutcomeUnknown, type RequestLabel } from './http-errors.ts'
import { lostReason, notSentReason, systemCode, toHeaders } from './http-exchange.ts'
import type { Download, DownloadRequest } from './http-types.ts'

export interface DownloadSettings {
  userAgent: string
  /** Throws HttpNotSent for addresses that may not be asked. */
  agentFor(label: RequestLabel): Agent
}

/** GET with an answer that is streamed: memory stays flat whatever its size. */
export function makeDownload(settings: DownloadSettings) {
  return async (request: DownloadRequest): Promise<Download> => {
    const url = URL.parse(String(request.url))
    if (url === null) throw new HttpNotSent(INVALID, 'invalid_request')
    const label = { method: 'GET', url }
    const agent = settings.agentFor(label)
    const limits = [AbortSignal.timeout(request.timeoutMs), request.signal]
    const signal = AbortSignal.any(limits.filter((one) => one !== undefined))
    const asked = agent.request({
      ...{ origin: url.origin, path: `${url.pathname}${url.search}`, method: 'GET', signal },
      // Compressed, its length would say nothing of what comes out.
      headers: {
        'user-agent': settings.userAgent,
        'accept-encoding': 'identity',
        ...request.headers,
      },
    })
    const answer = await asked.catch((error: unknown) => {
      throw failureOf(label, error, signal)
    })
    return {
      status: answer.statusCode,
      headers: toHeaders(answer.headers),
      body: readBody(answer.body, label, signal),
      cancel: () => {
        // The cut is what was asked for, not a failure.
        answer.body.on('error', () => undefined).destroy()
      },
    }
  }
}

const INVALID: RequestLabel = { method: 'GET', url: new URL('invalid:url') }

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  label: RequestLabel,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw lost(label, error, signal)
  }
}

/** Only what never found a server is told apart: reading again repeats nothing. */
function failureOf(label: RequestLabel, error: unknown, signal: AbortSignal): Error {
  const code = systemCode(error)
  const reason = notSentReason(error, code)
  const isRefused = reason === 'host_refused' || reason === 'dns' || code === 'ECONNREFUSED'
  return isRefused ? new HttpNotSent(label, reason, code) : lost(label, error, signal)
}

function lost(label: RequestLabel, error: unknown, signal: AbortSignal): HttpOutcomeUnknown {
  const code = systemCode(error)
  if (signal.aborted) return new HttpOutcomeUnknown(label, 'timeout', code)
  return new HttpOutcomeUnknown(label, lostReason(code), code)
}
