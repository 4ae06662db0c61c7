import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { missingParameter, refuse } from './errors.ts'

/** Graph reads a parameter from the query or from a form or JSON body. */
export function param(req: ApiRequest, name: string): string | undefined {
  const value = req.query.get(name) ?? textField(req.body, name)
  return value === '' ? undefined : value
}

export function requiredParam(req: ApiRequest, name: string): string {
  const value = param(req, name)
  if (value === undefined) throw refuse(missingParameter(name))
  return value
}

/** The token of a request: parameter, or `Authorization: Bearer` (older clients say `OAuth`). */
export function tokenOf(req: ApiRequest): string | undefined {
  const header = /^(?:Bearer|OAuth) +(\S+)$/i.exec(req.header('authorization') ?? '')?.[1]
  return param(req, 'access_token') ?? header
}
