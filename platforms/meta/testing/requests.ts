import type { AuthorizeRequest, ExchangeRequest } from '../../authorizer.ts'
import type { Answer, AnswerServer } from '../../testing/answer-server.ts'

export const APP = { clientId: 'app-1', clientSecret: 'app-secret' }

const REDIRECT_URI = 'https://clarion.test/oauth/callback'

export function makeAuthorizeRequest(more: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  const request = { app: APP, redirectUri: REDIRECT_URI, state: 'st', codeVerifier: 'v' }
  return { ...request, scopes: [], isReconnect: false, ...more }
}

export function makeExchangeRequest(
  query = 'code=the-code&state=st',
  more: Partial<ExchangeRequest> = {},
): ExchangeRequest {
  const params = new URLSearchParams(query)
  const request = { app: APP, redirectUri: REDIRECT_URI, params, state: 'st', codeVerifier: 'v' }
  return { ...request, secrets: {}, ...more }
}

export function ok(body: unknown, headers: Record<string, string> = {}): Answer {
  return { status: 200, body, headers }
}

export function graphError(code: number, subcode?: number, message = 'refused'): Answer {
  const error = { message, type: 'OAuthException', code, error_subcode: subcode, fbtrace_id: 'T' }
  return { status: 400, body: { error } }
}

/** As api.instagram.com and Threads refuse codes. */
export function tokenHostError(message: string): Answer {
  const body = { error_type: 'OAuthException', code: 400, error_message: message }
  return { status: 400, body }
}

/** What was asked: method, path, query and form, as plain values. */
export function asked(server: AnswerServer) {
  return server.received.map(({ method, path, headers, body }) => {
    const url = new URL(path, server.url)
    return {
      call: `${method} ${url.pathname}`,
      query: Object.fromEntries(url.searchParams),
      form: Object.fromEntries(new URLSearchParams(body)),
      authorization: headers.authorization,
    }
  })
}
