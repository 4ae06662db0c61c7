import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import type { Deps } from '../deps.ts'

/** Registered at the platforms, so it must never vary. */
export function redirectUriOf({ config }: Pick<Deps, 'config'>, platform: Platform): string {
  return `${config.oauth.redirectBaseUrl}/oauth/callback/${platform}`
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

/** Adds parameters to an address and keeps those it has; same names are replaced. */
export function withQuery(address: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}
