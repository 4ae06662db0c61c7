import { Ajv, type ErrorObject } from 'ajv'
import type { Recorded } from './recording-http.ts'
import type { Description, Operation, Schema } from './vendor-sdk.ts'

/** Judges requests by a description; each fault is one line, `POST /2/tweets: body/poll …`. */
export interface RequestCheck {
  faultsOf(request: Recorded): string[]
  /** `POST /2/tweets`; undefined when nothing is described there. */
  operationOf(request: Recorded): string | undefined
}

/** `basePath` comes before every path of the description: `/v5`. */
export function makeRequestCheck(description: Description, basePath = ''): RequestCheck {
  const { definitions } = description
  const strict = new Ajv({ strict: false, allErrors: true })
  // What travels as text is judged by what it means.
  const lenient = new Ajv({ strict: false, allErrors: true, coerceTypes: true })
  const faults = (schema: Schema, value: unknown, isText: boolean): string[] => {
    const validate = (isText ? lenient : strict).compile({ ...schema, definitions })
    validate(structuredClone(value))
    return (validate.errors ?? []).map(lineOf)
  }
  const find = ({ method, url }: Recorded) =>
    findOperation(description.operations, method, url.pathname, basePath)
  return {
    operationOf: (request) => {
      const found = find(request)
      return found && titleOf(found)
    },
    faultsOf: (request) => {
      const found = find(request)
      if (!found) return [`${request.method} ${request.url.pathname}: not described`]
      const { body, isForm } = request
      const lines = faults(found.query, queryOf(found, request.url), true).map(
        (line) => `query${line}`,
      )
      if (body !== undefined && found.body === null) lines.push('body is not described')
      if (body === undefined && found.bodyRequired) lines.push('body is missing')
      if (body !== undefined && found.body !== null) {
        lines.push(...faults(found.body, body, isForm).map((line) => `body${line}`))
      }
      return lines.map((line) => `${titleOf(found)}: ${line}`)
    },
  }
}

const titleOf = ({ method, path }: Operation) => `${method} ${path}`

/** Of several paths that fit, the one with the fewest placeholders: `/pins/analytics`. */
function findOperation(
  operations: readonly Operation[],
  method: string,
  pathname: string,
  basePath: string,
): Operation | undefined {
  const fits = operations.filter((one) => {
    if (one.method !== method) return false
    const parts = (basePath + one.path).split('/')
    const asked = pathname.split('/')
    const isSame = (part: string, index: number) =>
      part.startsWith('{') ? asked[index] !== '' : part === asked[index]
    return parts.length === asked.length && parts.every(isSame)
  })
  const placeholders = ({ path }: Operation) => path.split('{').length
  return fits.toSorted((one, other) => placeholders(one) - placeholders(other))[0]
}

/** Lists travel as `a,b,c`. */
function queryOf({ query }: Operation, url: URL): Record<string, unknown> {
  const pairs = [...url.searchParams].map(([name, value]) => {
    const isList = query.properties[name]?.type === 'array'
    return [name, isList ? value.split(',') : value]
  })
  return Object.fromEntries(pairs)
}

function lineOf({ instancePath, message, params }: ErrorObject): string {
  const unknown = params.additionalProperty
  const allowed = params.allowedValues
  const more = unknown === undefined ? '' : ` (${unknown})`
  return `${instancePath} ${message}${more}${allowed === undefined ? '' : `: ${allowed}`}`
}
