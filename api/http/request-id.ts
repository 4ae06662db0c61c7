import { randomUUID } from 'node:crypto'

/** No spaces, quotes or control characters: it ends in log lines and headers. */
const ACCEPTED = /^[A-Za-z0-9._~-]{1,128}$/

/** The caller's X-Request-Id when it is harmless to log and to echo, else a new one. */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && ACCEPTED.test(header) ? header : randomUUID()
}
