import { invalidParameter, refuse } from '../meta/errors.ts'
import { param } from '../meta/params.ts'
import type { Call } from './access.ts'

/** https://developers.facebook.com/docs/graph-api/reference/page/feed/ */
const MAX_MESSAGE = 63_206

/** The text of a post, a comment or a video; empty when there is none. */
export function messageOf({ req }: Call, name = 'message'): string {
  const message = param(req, name) ?? ''
  if ([...message].length <= MAX_MESSAGE) return message
  throw refuse(invalidParameter(`Param ${name} must have at most ${MAX_MESSAGE} characters`))
}
