import express, { type ErrorRequestHandler, type Express } from 'express'
import { controlRouter } from './control/control.ts'
import type { SandboxState } from './core/state.ts'
import { send } from './http/endpoint.ts'
import { receiveFiles } from './http/receive.ts'
import { showFile } from './page/media.ts'
import { showPage, showPicture } from './page/pages.ts'
import { timelinesPage } from './page/timelines.ts'
import type { StandIn } from './platforms/stand-in.ts'

const MAX_BODY_BYTES = 16 * 1024 * 1024

/** The Express application: control interface, page, and each platform at its mounts. */
export function createApp(
  state: SandboxState,
  standIns: readonly StandIn[],
  onChange: () => void,
): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(receiveFiles(state.shelf))
  app.use(express.raw({ type: () => true, limit: MAX_BODY_BYTES }))
  app.use((req, res, next) => {
    if (req.method !== 'GET') res.once('close', onChange)
    next()
  })
  app.get('/', (req, res) => {
    const query = new URL(req.originalUrl, 'http://sandbox').searchParams
    const filter = { platform: query.get('platform'), account: query.get('account') }
    send(res, timelinesPage(state, standIns, filter))
  })
  app.get('/_sandbox/media/:sha256', showFile(state.shelf))
  app.get('/_pages/:name', showPage)
  app.get('/_pages/:name/picture.png', showPicture)
  app.use('/_sandbox', controlRouter(state, standIns))
  for (const standIn of standIns) {
    // One call a mount: in a list, Express 5 matches `/` only as the whole path.
    for (const mount of standIn.mounts) app.use(mount, standIn.router)
  }
  app.use((_req, res) => send(res, { status: 404, body: { error: 'not_found' } }))
  app.use(answerError)
  return app
}

/** Body-reader errors carry their status; anything else is a fault of the sandbox itself. */
const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
  const status = typeof error?.status === 'number' ? error.status : 500
  const message = error instanceof Error ? error.message : String(error)
  send(res, { status, body: { error: 'sandbox_error', message } })
}
