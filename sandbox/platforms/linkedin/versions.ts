import { Refusal } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { apiError } from './errors.ts'

/**
 * Months whose version is served; each lives at least a year. Move both on with the platform's
 * releases. https://learn.microsoft.com/linkedin/marketing/versioning
 */
const OLDEST = '202509'
const NEWEST = '202611'

const MISSING = `A version must be present. Please specify a version by adding the \
Linkedin-Version header.`

/** The version of a /rest call, checked before the token. */
export function versionOf(req: ApiRequest): string {
  const version = req.header('linkedin-version') ?? ''
  if (version === '')
    throw new Refusal(apiError(400, { code: 'VERSION_MISSING', message: MISSING }))
  const served = /^\d{4}(0[1-9]|1[0-2])$/.test(version) && version >= OLDEST && version <= NEWEST
  if (served) return version
  const message = `Requested version ${version} is not active`
  throw new Refusal(apiError(426, { code: 'NONEXISTENT_VERSION', message }))
}

/** Finders speak Rest.li 2.0.0 only. */
export function assertRestli2(req: ApiRequest): void {
  if (req.header('x-restli-protocol-version') === '2.0.0') return
  const message = 'X-Restli-Protocol-Version must be 2.0.0'
  throw new Refusal(apiError(400, { message }))
}
