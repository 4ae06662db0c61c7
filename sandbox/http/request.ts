import type { Request } from 'express'
import type { MediaInfo } from '../media/inspect.ts'
import type { Pulled } from '../media/pull.ts'
import { type Body, formOf, parseBody } from './body.ts'
import { type Received, receivedBody } from './receive.ts'

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
  /** A body that is one file. */
  upload?: Received
  /** Files of a multipart form, by field. */
  files: ReadonlyMap<string, Received>
  /** A fault that the handler answers itself: slow work, or at the step `status` failed work. */
  fault?: 'processing' | 'refuse'
  /** What the endpoint's `before` found in files, by whatever key it chose. */
  found: Map<string, MediaInfo>
  /** What it fetched from addresses, by whatever key it chose. */
  pulled: Map<string, Pulled>
  nowMs: number
  header(name: string): string | undefined
  /** Headers every answer to this request carries, refusals included. */
  replyHeaders: Record<string, string>
}

/** Reads an Express request whose body `express.raw` has already collected. */
export function readRequest(req: Request, nowMs: number): ApiRequest {
  const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
  const got = receivedBody(req)
  const at = req.originalUrl.indexOf('?')
  return {
    method: req.method,
    mount: req.baseUrl,
    path: req.path,
    origin: `${req.protocol}://${req.get('host') ?? 'localhost'}`,
    params: stringParams(req.params),
    query: new URLSearchParams(at < 0 ? '' : req.originalUrl.slice(at + 1)),
    body: got ? formOf(got.fields) : parseBody(raw, req.get('content-type')),
    raw,
    ...(got?.upload ? { upload: got.upload } : {}),
    files: got?.files ?? new Map(),
    found: new Map(),
    pulled: new Map(),
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
