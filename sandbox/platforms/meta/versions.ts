import { Router } from 'express'
import type { SandboxState } from '../../core/state.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import { graphError, unknownPath } from './errors.ts'

const VERSION = /^v\d+\.\d+$/

/**
 * Serves `api` below a version (`/v25.0/me`) and without one (`/me`). `api` needs `mergeParams`, so
 * that handlers see `params.version`.
 */
export function versioned(
  state: SandboxState,
  voice: Voice,
  options: { api: Router; supports: (version: string) => boolean },
): Router {
  const below = Router({ mergeParams: true })
  below.use((req, _res, next) => {
    // Not a version at all: the path belongs to the unversioned routes.
    if (VERSION.test(String(req.params.version))) next()
    else next('router')
  })
  const refuseVersion = endpoint(state, voice, 'other', (req) =>
    graphError(unknownPath(`/${req.params.version}${req.path}`)),
  )
  below.use((req, res, next) => {
    if (options.supports(String(req.params.version))) next()
    else return refuseVersion(req, res, next)
  })
  below.use(options.api)
  return Router().use('/:version', below).use(options.api)
}
