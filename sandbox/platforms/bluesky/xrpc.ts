import { lexicons } from '@atproto/api'
import { type Answer, Refusal } from '../../http/answer.ts'
import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalidRequest, plainError } from './errors.ts'

type Input = Record<string, unknown>

/** How a method takes its input: GET query, JSON body, no body, or bytes. */
export type Shape = 'query' | 'json' | 'empty' | 'bytes'

/** Checks a request against its lexicon; returns the JSON input, empty for other shapes. */
export function checkInput(req: ApiRequest, nsid: string, shape: Shape): Input {
  assertVerb(req, shape)
  if (shape === 'query') assertParams(req, nsid)
  if (shape === 'empty' && req.raw.length > 0) {
    throw invalidRequest('A request body was provided when none was expected')
  }
  return shape === 'json' ? readJson(req, nsid) : {}
}

export function methodNotImplemented(): Answer {
  return plainError(501)
}

function assertVerb(req: ApiRequest, shape: Shape): void {
  const expected = shape === 'query' ? 'GET' : 'POST'
  if (req.method === expected) return
  const message = `Incorrect HTTP method (${req.method}) expected ${expected}`
  throw new Refusal({ status: 405, body: { error: 'InvalidRequest', message } })
}

/** Members the lexicon does not name are ignored, as on the real server. */
function readJson(req: ApiRequest, nsid: string): Input {
  const { body } = req
  if (body.kind === 'none') {
    throw invalidRequest('A request body is expected but none was provided')
  }
  if (body.kind === 'broken') throw invalidRequest('Unexpected token in JSON')
  if (body.kind !== 'json') {
    const type = req.header('content-type') ?? ''
    throw invalidRequest(`Wrong request encoding (Content-Type): ${type}`)
  }
  if (!isRecord(body.value)) throw invalidRequest('Input must be an object')
  const input = body.value
  asInvalidRequest(() => lexicons.assertValidXrpcInput(nsid, input))
  return input
}

function assertParams(req: ApiRequest, nsid: string): void {
  const def = lexicons.getDef(nsid)
  const types = def?.type === 'query' ? (def.parameters?.properties ?? {}) : {}
  const params = Object.fromEntries(
    [...req.query].map(([name, value]) => {
      const type = types[name]?.type
      return [name, type === 'array' ? req.query.getAll(name) : decode(value, type)]
    }),
  )
  asInvalidRequest(() => lexicons.assertValidXrpcParams(nsid, params))
}

/** Query values are text; the lexicon says which are numbers or booleans. */
function decode(value: string, type: string | undefined): unknown {
  if (type === 'integer') return Number(value)
  if (type === 'boolean') return value === 'true'
  return value
}

function asInvalidRequest(check: () => unknown): void {
  try {
    check()
  } catch (error) {
    throw invalidRequest(error instanceof Error ? error.message : String(error))
  }
}
