import { type Answer, json } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { appTokenOf } from '../meta/app-token.ts'
import { invalidParameter, refuse, UNKNOWN_APP, WRONG_SECRET } from '../meta/errors.ts'
import { requiredParam } from '../meta/params.ts'
import type { MetaStore } from '../meta/store.ts'
import { exchangeCode, type LoginFamily } from '../meta/user-login.ts'

/** POST /oauth/access_token: a code, or the app's own credentials. */
export function token(family: LoginFamily, req: ApiRequest): Answer {
  if (textField(req.body, 'grant_type') !== 'client_credentials') return exchangeCode(family, req)
  return appToken(family.store, req)
}

/** GET or POST /oauth/access_token with `client_credentials`: `TH|{app}|{secret}`. */
export function appToken(store: MetaStore, req: ApiRequest): Answer {
  if (requiredParam(req, 'grant_type') !== 'client_credentials') {
    throw refuse(invalidParameter('Param grant_type must be one of {CLIENT_CREDENTIALS}'))
  }
  const app = store.apps.get(requiredParam(req, 'client_id'))
  if (app === undefined) throw refuse(UNKNOWN_APP)
  if (app.client_secret !== requiredParam(req, 'client_secret')) throw refuse(WRONG_SECRET)
  return json(200, { access_token: appTokenOf(store, app), token_type: 'bearer' })
}
