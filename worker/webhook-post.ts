import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { guardedLookup, hostAndPort, isAcceptableUrl } from '../platforms/host-guard.ts'

export interface WebhookPostOptions {
  /** `host:port` of private hosts that endpoints may name, over http too. */
  allowedPrivateHosts: readonly string[]
  /** From the call to the status line, default 15 s. */
  timeoutMs?: number
  /** DNS; the system's unless given. */
  lookup?: LookupFunction
}

/** The receiver's answer, or words why there was none. */
export type Posted = { status: number } | { error: string }

export interface WebhookPost {
  /** Throws nothing. Redirects are answers, never followed: they would lead past the host guard. */
  send(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Posted>
  close(): Promise<void>
}

const TIMEOUT_MS = 15_000
/** Answers say all by their status; so much of a body is read to keep the socket. */
const MAX_BODY_BYTES = 4_096
const USER_AGENT = 'Clarion-Webhooks/1'

/** Sends to addresses that tenants chose; guarded and allowed private hosts never share a socket. */
export function makeWebhookPost(options: WebhookPostOptions): WebhookPost {
  const { timeoutMs = TIMEOUT_MS } = options
  const allowed = new Set(options.allowedPrivateHosts.map(withPort))
  const guarded = new Agent({ connect: { lookup: guardedLookup(options.lookup) } })
  const open = new Agent()
  return {
    async send(url, headers, body) {
      const target = URL.parse(url)
      if (target === null || !isAcceptableUrl(target, allowed)) return { error: REFUSED }
      const dispatcher = allowed.has(hostAndPort(target)) ? open : guarded
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const answer = await request(target, {
          ...{ method: 'POST', dispatcher, signal, body },
          headers: { ...headers, 'content-type': 'application/json', 'user-agent': USER_AGENT },
        })
        // Whatever becomes of the body, the status has been told.
        await Promise.allSettled([answer.body.dump({ limit: MAX_BODY_BYTES, signal })])
        return { status: answer.statusCode }
      } catch (error) {
        return { error: wordsFor(error, timeoutMs) }
      }
    },
    close: async () => {
      await Promise.all([guarded.destroy(), open.destroy()])
    },
  }
}

const REFUSED = 'The address is not a public https address, so nothing was sent.'

/** Names what went wrong by its code: messages of errors may quote the request. */
function wordsFor(error: unknown, timeoutMs: number): string {
  if (isTimeout(error)) {
    return `The receiver did not answer within ${timeoutMs / 1000} s.`
  }
  const code = codeOf(error)
  if (code === 'HOST_REFUSED') return REFUSED
  return `The receiver could not be reached (${code ?? 'unknown'}).`
}

/** By name: the signal's reason is a DOMException. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError'
  )
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  // Several addresses were tried and each failed.
  return 'errors' in error && Array.isArray(error.errors) ? codeOf(error.errors[0]) : undefined
}

/** An entry without a port means the port of https, as for platforms' hosts. */
function withPort(entry: string): string {
  return /:\d+$/.test(entry) ? entry : `${entry}:443`
}
