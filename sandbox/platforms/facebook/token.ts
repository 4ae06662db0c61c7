import { type Answer, json, type Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { appTokenOf } from '../meta/app-token.ts'
import { type CodeProblem, redeemCode } from '../meta/codes.ts'
import {
  type GraphProblem,
  graphError,
  invalidParameter,
  refuse,
  UNKNOWN_APP,
  WRONG_SECRET,
} from '../meta/errors.ts'
import { param } from '../meta/params.ts'
import type { MetaApp, MetaStore } from '../meta/store.ts'
import { checkProof, issueToken, LONG_LIFETIME_S, openSession } from '../meta/tokens.ts'
import type { Facebook } from './facebook-store.ts'

/** One to two hours in truth. */
const SHORT_LIFETIME_S = 5400

/** https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow/ */
const CODE_PROBLEMS: Record<CodeProblem, GraphProblem> = {
  unknown: { message: 'Invalid verification code format.', code: 100 },
  used: { message: 'This authorization code has been used.', code: 100, subcode: 36009 },
  expired: { message: 'This authorization code has expired.', code: 100, subcode: 36007 },
  redirect_uri: {
    message:
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    code: 100,
    subcode: 36008,
  },
}

/** GET or POST /oauth/access_token; without grant_type it is a code. */
export function token({ store }: Facebook, req: ApiRequest): Answer {
  const app = clientOf(store, req)
  switch (param(req, 'grant_type') ?? 'authorization_code') {
    case 'authorization_code':
      return exchangeCode(store, req, app)
    case 'fb_exchange_token':
      return extend(store, req, app)
    case 'client_credentials':
      return json(200, { access_token: appTokenOf(store, app), token_type: 'bearer' })
    default:
      return graphError(invalidParameter('Invalid grant_type'))
  }
}

/** What a code that was used answers. */
export function usedCode(): Answer {
  return graphError(CODE_PROBLEMS.used)
}

function exchangeCode(store: MetaStore, req: ApiRequest, app: MetaApp): Answer {
  const redirectUri = param(req, 'redirect_uri')
  if (redirectUri === undefined) throw missing('redirect_uri', 191)
  const code = param(req, 'code')
  if (code === undefined) throw missing('code', 1)
  const row = redeemCode(store, app, { code, redirectUri, nowMs: req.nowMs })
  if (typeof row === 'string') return graphError(CODE_PROBLEMS[row])
  const life = { isLong: false, lifetimeS: SHORT_LIFETIME_S, nowMs: req.nowMs }
  return tokenAnswer(issueToken(store, row, life), SHORT_LIFETIME_S)
}

/** Any live user token gives one of 60 days more; the older one stays alive. */
function extend(store: MetaStore, req: ApiRequest, app: MetaApp): Answer {
  const old = param(req, 'fb_exchange_token')
  if (old === undefined) throw missing('fb_exchange_token', 1)
  const session = openSession(store, old, req.nowMs)
  checkProof(app, old, req)
  if (session.row.client_id !== app.client_id || session.row.page_id !== null) {
    return graphError(invalidParameter('The access token does not belong to this application'))
  }
  const life = { isLong: true, lifetimeS: LONG_LIFETIME_S, nowMs: req.nowMs }
  return tokenAnswer(issueToken(store, session.row, life), LONG_LIFETIME_S)
}

function tokenAnswer(access_token: string, expires_in: number): Answer {
  return json(200, { access_token, token_type: 'bearer', expires_in })
}

/** Parameters only: Graph does not read HTTP Basic. */
function clientOf(store: MetaStore, req: ApiRequest): MetaApp {
  const clientId = param(req, 'client_id')
  if (clientId === undefined) throw missing('client_id', 101)
  const app = store.apps.get(clientId)
  if (app === undefined) throw refuse(UNKNOWN_APP)
  const secret = param(req, 'client_secret')
  if (secret === undefined) throw missing('client_secret', 1)
  if (secret !== app.client_secret) throw refuse(WRONG_SECRET)
  return app
}

function missing(name: string, code: number): Refusal {
  return refuse({ message: `Missing ${name} parameter.`, code })
}
