import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { SCOPES as MASTODON_SCOPES } from '../mastodon/scopes.ts'

const SCOPES = ['atproto', 'transition:email', 'transition:generic', 'transition:chat.bsky']

/** GET /.well-known/oauth-protected-resource https://atproto.com/specs/oauth#server-metadata */
export function describeResource({ origin }: ApiRequest): Answer {
  return json(200, {
    resource: origin,
    authorization_servers: [origin],
    scopes_supported: [],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://atproto.com',
  })
}

/**
 * GET /.well-known/oauth-authorization-server. An issuer of atproto has no path and an origin has
 * one such document, so that of `/` also carries what the Mastodon instance there would say.
 */
export function describeIssuer({ origin, mount }: ApiRequest): Answer {
  const own = ownMetadata(origin)
  if (mount !== '') return json(200, own)
  return json(200, {
    ...own,
    app_registration_endpoint: `${origin}/api/v1/apps`,
    scopes_supported: [...SCOPES, ...MASTODON_SCOPES],
    grant_types_supported: [...own.grant_types_supported, 'client_credentials'],
    token_endpoint_auth_methods_supported: [
      ...own.token_endpoint_auth_methods_supported,
      'client_secret_basic',
      'client_secret_post',
    ],
  })
}

function ownMetadata(origin: string) {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    pushed_authorization_request_endpoint: `${origin}/oauth/par`,
    require_pushed_authorization_requests: true,
    scopes_supported: SCOPES,
    subject_types_supported: ['public'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256'],
    dpop_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  }
}
