import * as oauth from 'oauth4webapi'
import { authRevoked, rejected } from '../domain/failures.ts'
import type { Dialect } from './ask.ts'
import type { AppCredentials, ExchangeRequest, Grant, RefreshRequest } from './authorizer.ts'
import { type OauthCall, toGrant, withOauth } from './oauth.ts'

/** A token endpoint and how one app talks to it. */
export interface CodeFlow {
  context: OauthCall
  server: oauth.AuthorizationServer
  clientAuth: oauth.ClientAuth
  pkce: boolean
  /** What a grant covers whose answer names no scopes. */
  askedScopes: readonly string[]
}

/** Trades the callback's code: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 */
export function tradeCode(flow: CodeFlow, request: ExchangeRequest): Promise<Grant> {
  const { server, clientAuth, context, pkce } = flow
  const client = { client_id: request.app.clientId }
  return withOauth(context, async (options) => {
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuth,
      oauth.validateAuthResponse(server, client, request.params, request.state),
      request.redirectUri,
      pkce ? request.codeVerifier : oauth.nopkce,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    return toGrant(tokens, flow.askedScopes)
  })
}

/** Trades a refresh token: https://www.rfc-editor.org/rfc/rfc6749#section-6 */
export function tradeRefreshToken(
  flow: CodeFlow,
  { app, refreshToken, scopes }: RefreshNeeds,
): Promise<Grant> {
  const { server, clientAuth, context } = flow
  const client = { client_id: app.clientId }
  return withOauth(context, async (options) => {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      clientAuth,
      refreshToken,
      options,
    )
    const tokens = await oauth.processRefreshTokenResponse(server, client, response)
    return toGrant(tokens, scopes ?? flow.askedScopes)
  })
}

export interface RefreshNeeds {
  app: AppCredentials
  refreshToken: string
  /** Those of the stored grant: a refresh that names none changes none. */
  scopes?: readonly string[]
}

/** What no refresh can do without: a missing app is the operator's to mend, a missing token not. */
export function refreshNeeds(request: RefreshRequest, { platformName }: Dialect): RefreshNeeds {
  const { app, refreshToken, scopes } = request
  if (!refreshToken) {
    const message = `${platformName} gave no lasting access. Please connect the account again.`
    throw authRevoked({ code: 'no_refresh_token', message })
  }
  if (!app) {
    const message = `Clarion has no app credentials for ${platformName}.`
    throw rejected({ code: 'app_missing', message })
  }
  return { app, refreshToken, ...(scopes ? { scopes } : {}) }
}
