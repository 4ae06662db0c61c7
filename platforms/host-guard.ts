import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Raised inside a DNS look-up when a user-given name leads into a network that is not public. */
export class HostRefused extends Error {
  readonly code = 'HOST_REFUSED'

  constructor() {
    super('the host is not a public address')
    this.name = 'HostRefused'
  }
}

const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3')

/**
 * True for addresses of the public internet. Refused: private, loopback, link-local, CGNAT,
 * multicast, unspecified, reserved, and every IPv6 form that embeds an IPv4 address (mapped,
 * compatible, NAT64, 6to4, Teredo), because the embedded one may be private.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST_V6)
}

/** `host:port` with the port always written, as `allowedPrivateHosts` lists them. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'http:' ? '80' : '443')}`
}

/**
 * Whether a user-given URL may be tried at all. What its name resolves to is checked again when the
 * connection is made, by `guardedLookup`.
 */
export function isAcceptableUrl(url: URL, allowedPrivateHosts: ReadonlySet<string>): boolean {
  if (url.username !== '' || url.password !== '') return false
  if (allowedPrivateHosts.has(hostAndPort(url))) {
    return url.protocol === 'http:' || url.protocol === 'https:'
  }
  if (url.protocol !== 'https:') return false
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return !ipaddr.isValid(literal) || isPublicAddress(literal)
}

/**
 * A DNS look-up whose answers are checked before the socket connects to exactly them: a name that
 * answers differently a moment later (DNS rebinding) gains nothing. One bad address refuses all.
 */
export function guardedLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error) return callback(error, [])
      const found = typeof answer === 'string' ? [{ address: answer, family: 0 }] : answer
      const first = found[0]
      if (!first || !found.every(({ address }) => isPublicAddress(address))) {
        return callback(new HostRefused(), [])
      }
      if (options.all) return callback(null, found)
      return callback(null, first.address, first.family)
    })
  }
}
