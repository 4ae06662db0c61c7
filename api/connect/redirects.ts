import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import type { Deps } from '../deps.ts'

/** Registered at the platforms, so it must never vary. */
export function redirectUriOf({ config }: Pick<Deps, 'config'>, platform: Platform): string {
  const uri = `${config.oauth.redirectBaseUrl}/oauth/callback/${platform}`
  // atproto takes loopback addresses alone and not their name,
  // https://atproto.com/specs/oauth#localhost-client-development
  return platform === 'bluesky'
    ? uri.replace(/^http:\/\/localhost(?=[:/])/, 'http://127.0.0.1')
    : uri
}

/** Whether an address only works on the machine itself. */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname)
}

/**
 * Where the browser goes after the consent. Only the origin of OAUTH_SUCCESS_URL (or our own): an
 * open redirect would lend our name to any site.
 */
export function resolveRedirectAfter(
  requester: Requester<'validation_failed'>,
  given: string | undefined,
): string | undefined {
  if (given === undefined) return undefined
  const { config } = requester.deps
  const base = config.oauth.successUrl ?? config.http.publicUrl
  const url = URL.parse(given, base)
  const isOurs = url !== null && url.origin === new URL(base).origin && url.username === ''
  if (isOurs) return url.href
  const message = `Only addresses of ${new URL(base).origin} may be named.`
  const error = { path: 'redirect_after', code: 'foreign_origin', message }
  throw requester.fail('validation_failed', { detail: message, errors: [error] })
}

/**
 * Adds parameters to an address and keeps those it has; same names are replaced, and undefined
 * ones left out.
 */
export function withQuery(
  address: string,
  query: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url.href
}
