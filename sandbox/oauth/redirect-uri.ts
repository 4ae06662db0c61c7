import { type Answer, redirect } from '../http/answer.ts'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** An address on this machine, any port; RFC 6749 §3.1.2 forbids fragments. */
export function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  return url.protocol === 'http:' && url.hash === '' && LOOPBACK.has(url.hostname)
}

/** Exact match for a registered app; the built-in ones (null) allow any loopback address. */
export function allowsRedirect(registered: readonly string[] | null, address: string): boolean {
  return registered === null ? isLoopback(address) : registered.includes(address)
}

/** 302 to the app with what is to be told; null is left out. */
export function sendBack(
  address: string,
  params: Record<string, string | null>,
  fragment = '',
): Answer {
  const target = new URL(address)
  for (const [name, value] of Object.entries(params)) {
    if (value !== null) target.searchParams.set(name, value)
  }
  return redirect(`${target.href}${fragment}`)
}
