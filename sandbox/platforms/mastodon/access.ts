import { Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { basicClient, bearerToken } from '../../oauth/basic.ts'
import { apiError, limitHeaders, refuse } from './errors.ts'
import { covers } from './scopes.ts'
import type { MastodonApp, MastodonStore, MastodonToken } from './store.ts'

const FIVE_MINUTES_MS = 5 * 60_000

/** A token that belongs to a person. */
export type UserToken = MastodonToken & { account_id: string }

/** The user token of a request, when it covers one of `scopes`; refuses 401, 403 or 422. */
export function authorize(
  store: MastodonStore,
  req: ApiRequest,
  scopes: readonly string[],
): UserToken {
  const token = readToken(store, req)
  if (token === undefined) throw refuse(401)
  if (!scopes.some((scope) => covers(token.scopes, scope))) {
    throw refuse(403, 'This action is outside the authorized scopes')
  }
  const { account_id } = token
  if (account_id === null) throw refuse(422, 'This method requires an authenticated user')
  throttle(store, req, { name: 'token', key: token.token, limit: 300, windowMs: FIVE_MINUTES_MS })
  return { ...token, account_id }
}

/** The account that reads, undefined for a visitor; a token that is sent must be alive. */
export function reader(store: MastodonStore, req: ApiRequest, scope: string): string | undefined {
  if (req.header('authorization') !== undefined) return authorize(store, req, [scope]).account_id
  throttle(store, req, { name: 'anonymous', key: '', limit: 300, windowMs: FIVE_MINUTES_MS })
  return undefined
}

/** https://docs.joinmastodon.org/api/rate-limits/ */
export function throttle(
  store: MastodonStore,
  req: ApiRequest,
  route: { name: string; key: string; limit: number; windowMs: number },
): void {
  const window = store.state.rateLimits.take(
    `mastodon ${route.name} ${route.key}`,
    route,
    req.nowMs,
  )
  const headers = limitHeaders(window)
  Object.assign(req.replyHeaders, headers)
  if (!window.allowed) throw new Refusal({ ...apiError(429), headers })
}

/** The client of a token request, from HTTP Basic or the body. */
export function clientOf(store: MastodonStore, req: ApiRequest): MastodonApp | undefined {
  const basic = basicClient(req.header('authorization'))
  const clientId = basic?.clientId ?? textField(req.body, 'client_id') ?? ''
  const secret = basic?.clientSecret ?? textField(req.body, 'client_secret')
  const app = store.apps.get(clientId)
  return app !== undefined && app.client_secret === secret ? app : undefined
}

/** The account a request acts for, by bearer token, code or token. */
export function identify(store: MastodonStore, req: ApiRequest): string | undefined {
  const bearer = store.tokens.get(bearerToken(req.header('authorization')) ?? '')
  if (bearer !== undefined) return bearer.account_id ?? undefined
  const code = store.codes.get(textField(req.body, 'code') ?? '')
  const token = store.tokens.get(textField(req.body, 'token') ?? '')
  return code?.account_id ?? token?.account_id ?? undefined
}

/** The row of a bearer token; a dead one is told apart from an unknown one. */
function readToken(store: MastodonStore, req: ApiRequest): MastodonToken | undefined {
  const token = store.tokens.get(bearerToken(req.header('authorization')) ?? '')
  if (token?.ended === 'revoked') throw refuse(401, 'The access token was revoked')
  if (token?.ended === 'expired') throw refuse(401, 'The access token expired')
  return token
}
