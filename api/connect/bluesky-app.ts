import { z } from 'zod'
import type { AppCredentials } from '../../platforms/registry.ts'
import type { Deps } from '../deps.ts'
import { isLoopback, redirectUriOf } from './redirects.ts'

/** https://atproto.com/specs/permission#transition-scopes */
const SCOPE = 'atproto transition:generic'
const METADATA_PATH = '/oauth/bluesky/client-metadata.json'
const JWKS_PATH = '/oauth/bluesky/jwks.json'

type Place = Pick<Deps, 'config'>

/** Private key of an app that authenticates itself; `d` is its secret part. */
const privateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string().optional(),
})

/**
 * The app that Bluesky knows us by without one being registered: its id is the address of a
 * document about it, or what the specification gives to developers' machines.
 * https://atproto.com/specs/oauth#clients
 */
export function blueskyApp(deps: Place): AppCredentials {
  const { publicUrl } = deps.config.http
  if (!isLoopback(publicUrl)) return { clientId: `${publicUrl}${METADATA_PATH}` }
  const query = new URLSearchParams({ redirect_uri: redirectUriOf(deps, 'bluesky'), scope: SCOPE })
  return { clientId: `http://localhost?${query}` }
}

/** The document that our client id leads to. */
export function blueskyMetadata(deps: Place): Record<string, unknown> {
  const { publicUrl } = deps.config.http
  const isConfidential = publicKeyOf(deps) !== undefined
  return {
    client_id: `${publicUrl}${METADATA_PATH}`,
    client_name: 'Clarion',
    client_uri: publicUrl,
    application_type: 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [redirectUriOf(deps, 'bluesky')],
    scope: SCOPE,
    dpop_bound_access_tokens: true,
    ...(isConfidential
      ? {
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: 'ES256',
          jwks_uri: `${publicUrl}${JWKS_PATH}`,
        }
      : { token_endpoint_auth_method: 'none' }),
  }
}

/** The public half of BLUESKY_CLIENT_SECRET; undefined when that is no private P-256 JWK. */
export function publicKeyOf({ config }: Place): Record<string, string> | undefined {
  const parsed = privateJwk.safeParse(jsonOrUndefined(config.apps.bluesky?.clientSecret))
  if (!parsed.success) return undefined
  const { kty, crv, x, y, kid } = parsed.data
  return { kty, crv, x, y, use: 'sig', alg: 'ES256', ...(kid === undefined ? {} : { kid }) }
}

function jsonOrUndefined(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    // An app secret of another form: there is no key to publish then.
    return undefined
  }
}
