import type { Request } from 'express'
import { type Body, parseBody } from './body.ts'

/** One request, read whole before the platform sees it. */
export interface ApiRequest {
  method: string
  /** Where the platform was met: `/x`, empty at the root. */
  mount: string
  /** Path below the platform's mount point. */
  path: string
  /** `http://host:port` the client used. */
  origin: string
  params: Record<string, string>
  query: URLSearchParams
  body: Body
  raw: Buffer
  nowMs: number
  header(name: string): string | undefined
  /** Headers every answer to this request carries, refusals included. */
  replyHeaders: Record<string, string>
}

/** Reads an Express request whose body `express.raw` has already collected. */
export async function readRequest(req: Request, nowMs: number): Promise<ApiRequest> {
  const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
  const at = req.originalUrl.indexOf('?')
  return {
    method: req.method,
    mount: req.baseUrl,
    path: req.path,
    origin: `${req.protocol}://${req.get('host') ?? 'localhost'}`,
    params: stringParams(req.params),
    query: new URLSearchParams(at < 0 ? '' : req.originalUrl.slice(at + 1)),
    body: await parseBody(raw, req.get('content-type')),
    raw,
    nowMs,
    header: (name) => req.get(name),
    replyHeaders: {},
  }
}

function stringParams(params: Record<string, string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.join('/') : value,
    ]),
  )
}
