import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { appOfToken } from '../meta/app-token.ts'
import { invalidParameter, noObject, refuse } from '../meta/errors.ts'
import { parseFields, present } from '../meta/fields.ts'
import { inspect } from '../meta/inspect.ts'
import { param, requiredParam, tokenOf } from '../meta/params.ts'
import type { Facebook } from './facebook-store.ts'

/** GET /debug_token: with the app's own token, `{id}|{secret}`. */
export function debugToken({ store }: Facebook, req: ApiRequest): Answer {
  const inputToken = requiredParam(req, 'input_token')
  const app = appOfToken(store, tokenOf(req))
  if (app === undefined) {
    throw refuse(
      invalidParameter(
        'You must provide an app access token, or a user access token that is an owner or developer of the app',
      ),
    )
  }
  return json(200, { data: inspect(store, app, inputToken, req.nowMs) })
}

/** GET /{id} with an app token reads its app, which proves the credentials; else undefined. */
export function showApp({ store }: Facebook, req: ApiRequest): Answer | undefined {
  const app = appOfToken(store, tokenOf(req))
  if (app === undefined) return undefined
  const id = req.params.id ?? ''
  if (id !== app.client_id && id !== 'app') throw refuse(noObject('get', id))
  const values = { id: () => app.client_id, name: () => app.name }
  const node = { type: 'Application', defaults: ['name', 'id'], values }
  return json(200, present(node, parseFields(param(req, 'fields'))))
}
