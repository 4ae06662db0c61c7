import { z } from 'zod'
import { isLoopback } from '../../oauth/redirect-uri.ts'
import { publicJwk } from './jose.ts'
import { refuseOauth } from './oauth-errors.ts'
import type { OauthClient } from './store.ts'

const LOOPBACK_IPS = new Set(['127.0.0.1', '[::1]'])
const DEVELOPMENT_ORIGIN = 'http://localhost'
const DEVELOPMENT_REDIRECTS = ['http://127.0.0.1/', 'http://[::1]/']

const jwks = z.object({ keys: z.array(publicJwk) })

/** https://atproto.com/specs/oauth#client-id-metadata-document ; defaults as OIDC gives them. */
const metadata = z.object({
  client_id: z.string(),
  client_name: z.string().optional(),
  application_type: z.enum(['web', 'native']).default('web'),
  grant_types: z.array(z.string()).default(['authorization_code']),
  response_types: z.array(z.string()).default(['code']),
  redirect_uris: z.array(z.string()).min(1),
  scope: z.string(),
  token_endpoint_auth_method: z.string().default('client_secret_basic'),
  token_endpoint_auth_signing_alg: z.string().optional(),
  dpop_bound_access_tokens: z.boolean().default(false),
  jwks: jwks.optional(),
  jwks_uri: z.url().optional(),
})

type Metadata = z.infer<typeof metadata>

/** Why a document is refused. */
function fail(description: string): never {
  throw refuseOauth('invalid_client_metadata', description)
}

/** The client that a fetched document describes; `keys` is what its `jwks_uri` gave. */
export function readMetadata(clientId: string, document: unknown): Metadata {
  const parsed = metadata.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    fail(`Validation of "${issue?.path.join('.')}" failed with error: ${issue?.message}`)
  }
  const found = parsed.data
  if (found.client_id !== clientId) fail('client_id does not match')
  if (!found.scope.split(' ').includes('atproto')) fail('Missing "atproto" scope')
  if (!found.dpop_bound_access_tokens) fail('"dpop_bound_access_tokens" must be true')
  if (!found.response_types.includes('code')) fail('response_types must include "code"')
  assertGrants(found)
  assertAuthMethod(found)
  for (const uri of found.redirect_uris) assertRedirect(uri, found)
  return found
}

export function readJwks(document: unknown): z.infer<typeof jwks>['keys'] {
  return jwks.safeParse(document).data?.keys ?? fail('Invalid jwks')
}

export function toClient(found: Metadata, keys: OauthClient['keys']): OauthClient {
  return {
    id: found.client_id,
    name: found.client_name ?? found.client_id,
    scopes: found.scope.split(' '),
    redirectUris: found.redirect_uris,
    mayRefresh: found.grant_types.includes('refresh_token'),
    confidential: found.token_endpoint_auth_method === 'private_key_jwt',
    keys: found.jwks?.keys ?? keys,
  }
}

/** `http://localhost?scope=&redirect_uri=`: a client for development that has no document. */
export function readDevelopmentClient(clientId: string): OauthClient | undefined {
  const rest = clientId.slice(DEVELOPMENT_ORIGIN.length).replace(/^\//, '')
  if (!clientId.startsWith(DEVELOPMENT_ORIGIN) || (rest !== '' && rest[0] !== '?')) return undefined
  const query = new URLSearchParams(rest.slice(1))
  const stranger = [...query.keys()].find((name) => name !== 'scope' && name !== 'redirect_uri')
  if (stranger !== undefined) fail(`Unexpected query parameter "${stranger}"`)
  if (query.getAll('scope').length > 1) fail('Duplicate "scope" query parameter')
  const scopes = (query.get('scope') ?? 'atproto').split(' ')
  if (!scopes.includes('atproto')) fail('ATProto Loopback ClientID must include "atproto" scope')
  const uris = query.getAll('redirect_uri')
  if (!uris.every(isLoopbackIp)) fail('Invalid "redirect_uri" query parameter: use a loopback IP')
  return {
    id: clientId,
    name: 'Loopback client',
    scopes,
    redirectUris: uris.length === 0 ? DEVELOPMENT_REDIRECTS : uris,
    mayRefresh: true,
    confidential: false,
    keys: [],
  }
}

/** Loopback addresses without a port allow any (RFC 8252 §7.3); all else must match exactly. */
export function allowsRedirect(client: OauthClient, asked: string): boolean {
  return client.redirectUris.some((allowed) => {
    if (allowed === asked) return true
    if (!isLoopbackIp(allowed) || new URL(allowed).port !== '' || !isLoopbackIp(asked)) return false
    const portless = new URL(asked)
    portless.port = ''
    return portless.href === new URL(allowed).href
  })
}

function assertGrants({ grant_types }: Metadata): void {
  if (!grant_types.includes('authorization_code')) {
    fail('The "code" response type requires that "grant_types" contains "authorization_code"')
  }
  const known = ['authorization_code', 'refresh_token']
  const stranger = grant_types.find((one) => !known.includes(one))
  if (stranger !== undefined) fail(`Grant type "${stranger}" is not supported`)
}

function assertAuthMethod(found: Metadata): void {
  const method = found.token_endpoint_auth_method
  if (method === 'none') {
    if (found.token_endpoint_auth_signing_alg === undefined) return
    fail('token_endpoint_auth_method "none" must not have token_endpoint_auth_signing_alg')
  }
  if (method !== 'private_key_jwt') fail(`Unsupported client authentication method "${method}".`)
  if (found.application_type === 'native') {
    fail('Native clients must authenticate using "none" method')
  }
  if (found.jwks !== undefined && found.jwks_uri !== undefined) {
    fail('jwks_uri and jwks are mutually exclusive')
  }
  if (found.jwks === undefined && found.jwks_uri === undefined) {
    fail('private_key_jwt auth method requires jwks or jwks_uri')
  }
  if (found.jwks?.keys.length === 0) fail('private_key_jwt auth method requires a key in jwks')
  if (found.token_endpoint_auth_signing_alg !== 'ES256') {
    fail('Missing token_endpoint_auth_signing_alg client metadata')
  }
}

/** A client that is itself at a loopback address may redirect there: that is this sandbox only. */
function assertRedirect(uri: string, found: Metadata): void {
  if (!URL.canParse(uri)) fail(`Invalid redirect URI "${uri}"`)
  const { protocol, hostname } = new URL(uri)
  if (protocol === 'https:') return
  const isLocalClient = isLoopback(found.client_id)
  if (isLocalClient && isLoopback(uri)) return
  if (hostname === 'localhost')
    fail(`Loopback redirect URI ${uri} is not allowed (use explicit IPs)`)
  if (found.application_type !== 'native') {
    fail('Loopback redirect URIs are only allowed for native apps')
  }
  if (protocol === 'http:' && !LOOPBACK_IPS.has(hostname)) {
    fail('Only loopback redirect URIs are allowed to use the "http" scheme')
  }
}

function isLoopbackIp(address: string): boolean {
  return isLoopback(address) && new URL(address).hostname !== 'localhost'
}
