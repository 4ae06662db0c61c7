import type { AuthorizationServer } from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import { ask, readJson } from '../ask.ts'
import { parseServiceUrl, sameOrigin, urlBelow } from '../base-url.ts'
import type { Call, PlatformHosts } from '../call.ts'
import { serviceHost } from '../hosts.ts'
import { BLUESKY_DIALECT } from './errors.ts'
import { pdsOf } from './session.ts'

const resourceSchema = z.object({ authorization_servers: z.array(z.url()).min(1) })

const serverSchema = z.object({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  pushed_authorization_request_endpoint: z.url(),
  revocation_endpoint: z.url().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})

const didDocSchema = z.object({ id: z.string().startsWith('did:') })

/** Whether a URL leads to a host of configuration and skips the host guard. */
export function isTrusted(hosts: PlatformHosts, url: string): boolean {
  const services = [serviceHost(hosts, 'plc'), serviceHost(hosts, 'video')]
  const known = [hosts.apiBaseUrl, hosts.authBaseUrl, ...services]
  return known.some((one) => sameOrigin(one, url))
}

/** https://atproto.com/specs/oauth#authorization-servers; the issuer must own up to its name. */
export async function readServer(
  hosts: PlatformHosts,
  issuer: string,
  call: Call,
): Promise<AuthorizationServer> {
  const path = '/.well-known/oauth-authorization-server'
  const answer = await get(hosts, urlBelow(issuer, path), call)
  const server = readJson(BLUESKY_DIALECT, answer, serverSchema)
  if (trimmed(server.issuer) !== trimmed(issuer)) throw noSignIn()
  const { revocation_endpoint, authorization_response_iss_parameter_supported, ...rest } = server
  return {
    ...rest,
    ...(revocation_endpoint === undefined ? {} : { revocation_endpoint }),
    ...(authorization_response_iss_parameter_supported === undefined
      ? {}
      : { authorization_response_iss_parameter_supported }),
  }
}

/** The server that signs people in for a PDS; an entryway is named by its own address. */
export async function serverFor(
  hosts: PlatformHosts,
  serviceUrl: string,
  call: Call,
): Promise<AuthorizationServer> {
  const issuer = (await issuerOf(hosts, serviceUrl, call)) ?? serviceUrl
  try {
    return await readServer(hosts, issuer, call)
  } catch (error) {
    throw isNotThere(error) ? noSignIn() : error
  }
}

/**
 * The PDS of the account that a server claims to have signed in. The account's own DID document
 * says which server that is, and only if this one sends people to `issuer` is the claim good:
 * https://atproto.com/specs/oauth#identity-authentication
 */
export async function verifiedPds(
  hosts: PlatformHosts,
  did: string,
  issuer: string,
  call: Call,
): Promise<string> {
  const answer = await get(hosts, didUrl(hosts, did), call)
  const doc = readJson(BLUESKY_DIALECT, answer, didDocSchema.loose())
  const pds = doc.id === did ? pdsOf(doc) : undefined
  if (pds !== undefined) {
    const claimed = await issuerOf(hosts, pds, call)
    if (claimed !== undefined && trimmed(claimed) === trimmed(issuer)) return pds
  }
  throw rejected({
    code: 'bluesky_identity_unproven',
    message: 'This server signed in an account that is not its own. Nothing was connected.',
  })
}

/** https://atproto.com/specs/did#blessed-did-methods */
function didUrl(hosts: PlatformHosts, did: string): URL {
  if (did.startsWith('did:plc:')) return urlBelow(serviceHost(hosts, 'plc'), `/${did}`)
  const web = /^did:web:([a-z0-9.-]+(?:%3a[0-9]+)?)$/i.exec(did)?.[1]
  const host = web === undefined ? undefined : parseServiceUrl(decodeURIComponent(web))
  if (host !== undefined) return urlBelow(host, '/.well-known/did.json')
  const message = 'Clarion does not know this kind of Bluesky account.'
  throw rejected({ code: 'bluesky_identity_unproven', message })
}

/** https://atproto.com/specs/oauth#authorization-servers: what a PDS says about who signs in. */
async function issuerOf(
  hosts: PlatformHosts,
  pds: string,
  call: Call,
): Promise<string | undefined> {
  try {
    const answer = await get(hosts, urlBelow(pds, '/.well-known/oauth-protected-resource'), call)
    return readJson(BLUESKY_DIALECT, answer, resourceSchema).authorization_servers[0]
  } catch (error) {
    if (isNotThere(error)) return undefined
    throw error
  }
}

function get(hosts: PlatformHosts, url: URL, call: Call) {
  const request = { method: 'GET' as const, url, trusted: isTrusted(hosts, url.href) }
  return ask(BLUESKY_DIALECT, request, call)
}

function isNotThere(error: unknown): boolean {
  return error instanceof PlatformFailure && error.httpStatus === 404
}

function noSignIn(): PlatformFailure {
  return rejected({
    code: 'bluesky_no_sign_in',
    message: 'This server offers no Bluesky sign-in. Check its address or use an app password.',
  })
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '')
}
