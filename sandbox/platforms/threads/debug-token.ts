import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { appOfToken } from '../meta/app-token.ts'
import { inspect } from '../meta/inspect.ts'
import { requiredParam } from '../meta/params.ts'
import type { MetaStore } from '../meta/store.ts'
import { authorize } from '../meta/tokens.ts'

/** GET /debug_token: with the app's token or any live token of a person. */
export function debugToken(store: MetaStore, req: ApiRequest): Answer {
  const inputToken = requiredParam(req, 'input_token')
  const app = appOfToken(store, requiredParam(req, 'access_token')) ?? authorize(store, req).app
  return json(200, { data: inspect(store, app, inputToken, req.nowMs) })
}
