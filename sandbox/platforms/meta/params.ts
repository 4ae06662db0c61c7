import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { missingParameter, refuse } from './errors.ts'

/** Graph reads a parameter from the query or from a form or JSON body. */
export function param(req: ApiRequest, name: string): string | undefined {
  const value = req.query.get(name) ?? fields(req.body)[name]
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
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

/** `true` and `1` are yes, as Graph reads booleans. */
export function flag(req: ApiRequest, name: string): boolean {
  return /^(true|1)$/i.test(param(req, name) ?? '')
}

/** Comma-separated, or a JSON list, which SDKs send. */
export function listParam(req: ApiRequest, name: string): string[] {
  return (param(req, name) ?? '').split(/[\s,"[\]]+/).filter((one) => one !== '')
}

/** Those of the names that a request gives. */
export function given(req: ApiRequest, names: readonly string[]): Record<string, string> {
  const pairs = names.map((name) => [name, param(req, name)] as const)
  return Object.fromEntries(pairs.flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

/** JSON inside a parameter; undefined when it is broken, which is refused like a wrong shape. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
