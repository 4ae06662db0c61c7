import type { Express, Request, Response } from 'express'
import express from 'express'
import helmet from 'helmet'
import { problem } from '../domain/errors.ts'
import type { Operation } from './contract/operation.ts'
import type { Deps } from './deps.ts'
import { serveDocsAssets } from './docs-assets.ts'
import { renderProblem, toClarionError } from './http/problems.ts'
import type { RateLimits } from './http/rate-limits.ts'
import { makeRateLimits } from './http/rate-limits.ts'
import { requestIdOf } from './http/request-id.ts'
import type { RequestState } from './http/request-state.ts'
import { runOperation } from './http/run-operation.ts'
import { MEDIA_PATH, serveMedia } from './http/serve-media.ts'
import type { Metrics } from './metrics.ts'
import { makeMetrics } from './metrics.ts'
import { operationsOf } from './routes/index.ts'

/** The whole API as an Express app; opens nothing and listens nowhere by itself. */
export function makeApp(deps: Deps): Express {
  const app = express()
  const metrics = makeMetrics(deps)
  const operations = operationsOf(deps, metrics)
  const limits = makeRateLimits({
    perKey: deps.config.http.ratePerMinute,
    perAddress: deps.config.http.anonymousRatePerMinute,
  })
  app.disable('x-powered-by')
  // ETags are revisions, set by the operations: Express would hash bodies instead.
  app.set('etag', false)
  // Flat strings and lists only: no nested objects a schema did not ask for.
  app.set('query parser', 'simple')
  // As many proxies as are configured: a client could otherwise choose its own address and with it
  // its rate limit.
  app.set('trust proxy', deps.config.http.trustedProxies)
  // TLS ends in front of us, and on a developer's machine there is none to upgrade to.
  const directives = { 'form-action': ["'none'"], 'upgrade-insecure-requests': null }
  app.use(helmet({ contentSecurityPolicy: { directives } }))
  serveDocsAssets(app)
  const mounted = { app, deps, limits, metrics }
  for (const operation of operations) mount(mounted, operation)
  mountMedia(mounted)
  // After all operations: what gets here matched a path but none of its methods.
  refuseOtherMethods(mounted, operations)
  app.use((request, response) => {
    serve(mounted, 'unknown', request, response, () => Promise.reject(problem('not_found')))
  })
  return app
}

/** What every mounted route closes over. */
interface Mounted {
  app: Express
  deps: Deps
  limits: RateLimits
  metrics: Metrics
}

function mount(mounted: Mounted, operation: Operation): void {
  const { app, deps, limits } = mounted
  const route = expressPath(operation.path)
  app[operation.method](route, (request, response) => {
    serve(mounted, operation.id, request, response, (state) =>
      runOperation(deps, limits, operation, request, response, state),
    )
  })
}

/** Not limited by address: a platform fetches all its customers' files from a few of them. */
function mountMedia(mounted: Mounted): void {
  const { app, deps } = mounted
  app.get(MEDIA_PATH, (request, response) => {
    serve(mounted, 'getMediaFile', request, response, () => serveMedia(deps, request, response))
  })
  refuseMethods(mounted, MEDIA_PATH, 'GET, HEAD')
}

/**
 * 405 with Allow, https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6; Express would answer 404.
 */
function refuseOtherMethods(mounted: Mounted, operations: readonly Operation[]): void {
  for (const [path, ofPath] of Map.groupBy(operations, (operation) => operation.path)) {
    const methods = ofPath.map((operation) => operation.method.toUpperCase())
    const allow = (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ')
    refuseMethods(mounted, expressPath(path), allow)
  }
}

function refuseMethods(mounted: Mounted, route: string, allow: string): void {
  mounted.app.all(route, (request, response) => {
    serve(mounted, 'unknown', request, response, () => {
      response.set('allow', allow)
      return Promise.reject(problem('method_not_allowed', { detail: `Allowed here: ${allow}.` }))
    })
  })
}

/** One request from its id to its log line; the only place that answers errors. */
function serve(
  { deps, metrics }: Mounted,
  operationId: string,
  request: Request,
  response: Response,
  work: (state: RequestState) => Promise<void>,
): void {
  const state = begin(deps, request, response)
  // `close` and not `finish`: an aborted request has its log line and its metric too.
  response.once('close', () => finish(deps, metrics, operationId, request, response, state))
  work(state).catch((error: unknown) => answerError(deps, error, response, state))
}

/**
 * What is set before anything can fail: every answer carries its request id and is kept by no
 * cache.
 */
function begin(deps: Deps, request: Request, response: Response): RequestState {
  const header = request.headers['x-request-id']
  const requestId = requestIdOf(Array.isArray(header) ? header[0] : header)
  response.set({ 'x-request-id': requestId, 'cache-control': 'no-store' })
  const { publicUrl } = deps.config.http
  return {
    requestId,
    ip: request.ip,
    startedAt: performance.now(),
    render: (error) => renderProblem(error, requestId, publicUrl),
  }
}

function answerError(deps: Deps, error: unknown, response: Response, state: RequestState): void {
  const known = toClarionError(error)
  // Only these hide their cause from the caller, so only these need it in the log.
  if (known.code === 'internal' || known.code === 'service_unavailable') {
    deps.log.error({ err: known.cause ?? known, request_id: state.requestId }, known.code)
  }
  // Half an answer is out: cutting the connection is the only honest error left.
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { status, headers, body } = state.render(known)
  response.status(status).set(headers).end(JSON.stringify(body))
}

function finish(
  deps: Deps,
  metrics: Metrics,
  operation: string,
  request: Request,
  response: Response,
  state: RequestState,
): void {
  const durationMs = performance.now() - state.startedAt
  // 499 as nginx logs it: the client left before the answer was written.
  const status = response.writableFinished ? response.statusCode : 499
  metrics.observe(operation, request.method, status, durationMs / 1000)
  deps.log.info(
    {
      request_id: state.requestId,
      method: request.method,
      operation,
      status,
      duration_ms: Math.round(durationMs),
      tenant_id: state.actor?.tenantId,
      key_id: state.actor?.keyId,
    },
    'request',
  )
}

/** `/v1/posts/{id}` → `/v1/posts/:id` */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
