import type { RequestHandler } from 'express'
import { type ApiRequest, readRequest } from '../../http/request.ts'

/** A route for ids of one kind only; other ids go on to the next route. */
export function whenId(isTheirs: (id: string) => boolean): RequestHandler {
  return (req, _res, next) => (isTheirs(String(req.params.id)) ? next() : next('route'))
}

/** One path does several things: what the request says decides which. */
export function whenAsked(isTheirs: (req: ApiRequest) => boolean): RequestHandler {
  return (req, _res, next) => (isTheirs(readRequest(req, 0)) ? next() : next('route'))
}
