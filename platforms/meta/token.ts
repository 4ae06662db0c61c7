import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import type { AppCredentials, ExchangeRequest } from '../authorizer.ts'
import { urlBelow } from '../base-url.ts'
import type { Call } from '../call.ts'
import type { HttpAnswer } from '../http.ts'
import { withOauth, withTokenAnswer } from '../oauth.ts'
import { appRefused, type GraphNames } from './errors.ts'
import { askMeta, dialectOf, metered } from './graph.ts'
import { appFailure, codeFailure, renewalFailure } from './token-errors.ts'

/** `permissions` as a list or separated by commas; missing where consent is all or nothing. */
const permissions = z
  .union([z.array(z.string()), z.string().transform((list) => list.split(/[ ,]+/))])
  .transform((list) => list.filter(Boolean))

const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().nonnegative().optional(),
  permissions: permissions.optional(),
})

export interface MetaToken {
  accessToken: string
  expiresAt: Date | undefined
  permissions: readonly string[] | undefined
}

export interface CodeEndpoint {
  names: GraphNames
  /** Of the consent page. */
  issuer: string
  url: URL
}

/** Trades the code of a callback for a token of an hour or two. */
export async function exchangeCode(
  endpoint: CodeEndpoint,
  request: ExchangeRequest,
  call: Call,
): Promise<MetaToken> {
  const { names, issuer, url } = endpoint
  const server = { issuer, token_endpoint: url.href }
  const client = { client_id: request.app.clientId }
  const auth = oauth.ClientSecretPost(secretOf(names, request.app))
  assertNoAppError(names, request.params)
  const seen: { answer?: HttpAnswer } = {}
  const context = {
    dialect: dialectOf(names),
    call: metered(call),
    trusted: true,
    insecure: url.protocol === 'http:',
    effect: 'repeatable' as const,
    readAnswer: (answer: HttpAnswer) => {
      seen.answer = answer
      return toOauthAnswer(answer)
    },
    refusalOf: () => (seen.answer ? codeFailure(names, seen.answer) : appRefused(names)),
  }
  return withOauth(context, async (options) => {
    const params = oauth.validateAuthResponse(
      server,
      client,
      withoutFragment(request.params),
      request.state,
    )
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      params,
      request.redirectUri,
      oauth.nopkce,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    return toToken(tokenSchema.parse(tokens))
  })
}

/** Trades one token for a longer-lived one; by GET, other than OAuth's token endpoints. */
export async function tradeToken(names: GraphNames, url: URL, call: Call): Promise<MetaToken> {
  const dialect = dialectOf(names, (answer) => renewalFailure(names, answer))
  return toToken(await askMeta(dialect, { url }, tokenSchema, call))
}

/**
 * Asks for the app's own token, which only true credentials get; throws `rejected` for others.
 * https://developers.facebook.com/docs/facebook-login/guides/access-tokens#apptokens
 */
export async function verifyAppCredentials(
  names: GraphNames,
  endpoint: { host: string; path: string },
  app: AppCredentials,
  call: Call,
): Promise<void> {
  const url = urlBelow(endpoint.host, endpoint.path, {
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_secret: secretOf(names, app),
  })
  const dialect = dialectOf(names, (answer) => appFailure(names, answer))
  await askMeta(dialect, { url }, tokenSchema, call)
}

/** A code is spent by its exchange: trouble that passes must not cost the person the consent. */
export async function tryTwice<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.kind !== 'transient') throw error
    return run()
  }
}

export function secretOf(names: GraphNames, app: AppCredentials): string {
  if (app.clientSecret) return app.clientSecret
  throw rejected({
    code: `${names.prefix}_app_secret_missing`,
    message: `The app secret of Clarion’s ${names.name} app is not set.`,
  })
}

/** Facebook reports a wrongly set up app in parameters of its own, without OAuth's `error`. */
function assertNoAppError(names: GraphNames, params: URLSearchParams): void {
  if (params.has('code') || params.has('error') || !params.has('error_code')) return
  throw appRefused(names)
}

/** Instagram and Threads end the redirect with `#_`, which some browsers make part of the code. */
function withoutFragment(params: URLSearchParams): URLSearchParams {
  const cleaned = new URLSearchParams(params)
  const code = params.get('code')
  if (code?.endsWith('#_')) cleaned.set('code', code.slice(0, -2))
  return cleaned
}

/** In OAuth's form: some answers lack `token_type`, are wrapped in `data` or called JavaScript. */
function toOauthAnswer(answer: HttpAnswer): HttpAnswer {
  if (answer.status !== 200) return answer
  const headers = new Headers(answer.headers)
  headers.set('content-type', 'application/json')
  return withTokenAnswer({ ...answer, headers }, (json) => {
    const wrapped: unknown = Array.isArray(json.data) ? json.data[0] : undefined
    return { token_type: 'bearer', ...(isObject(wrapped) ? wrapped : json) }
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function toToken(tokens: z.output<typeof tokenSchema>): MetaToken {
  const { access_token: accessToken, expires_in: expiresIn } = tokens
  const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : undefined
  return { accessToken, expiresAt, permissions: tokens.permissions }
}
