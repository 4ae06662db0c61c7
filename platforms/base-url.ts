/** `path` below a base URL that may itself have a path; `query` leaves out undefined values. */
export function urlBelow(
  base: string,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): URL {
  const url = new URL(base.replace(/\/+$/, '') + path)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url
}

/**
 * What a person typed for their server as a base URL without trailing slash, https when they wrote
 * no scheme; undefined when it is no http(s) URL. The host guard judges it later.
 */
export function parseServiceUrl(typed: string): string | undefined {
  const trimmed = typed.trim()
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') return undefined
  if (url.search !== '' || url.hash !== '') return undefined
  return url.href.replace(/\/+$/, '')
}

export function sameOrigin(one: string, other: string): boolean {
  return URL.parse(one)?.origin === URL.parse(other)?.origin
}
