import type { PlatformHosts } from './call.ts'

/**
 * A platform's real hosts with those that configuration puts in their place. Whoever replaces the
 * consent or the API host replaces what is real behind it too: no token may go to both.
 */
export function mergeHosts(real: PlatformHosts, given: Partial<PlatformHosts> = {}): PlatformHosts {
  const { tokenBaseUrl, services, uploadBaseUrl, webBaseUrl, ...base } = real
  const kept = {
    ...(given.authBaseUrl === undefined && tokenBaseUrl ? { tokenBaseUrl } : {}),
    ...(given.apiBaseUrl === undefined && services ? { services } : {}),
    ...(given.apiBaseUrl === undefined && uploadBaseUrl ? { uploadBaseUrl } : {}),
    ...(webBaseUrl ? { webBaseUrl } : {}),
  }
  return { ...base, ...kept, ...given }
}

/** Host of the token endpoint. */
export function tokenHost(hosts: PlatformHosts): string {
  return hosts.tokenBaseUrl ?? hosts.authBaseUrl
}

/** One of several API hosts by its name, or the API host where configuration made them one. */
export function serviceHost(hosts: PlatformHosts, name: string): string {
  return hosts.services?.[name] ?? hosts.apiBaseUrl
}
