import { PlatformFailure, transient } from '../../domain/failures.ts'
import { ask, type Dialect, type Effect } from '../ask.ts'
import { sameOrigin } from '../base-url.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import type { BodyStream } from '../http-types.ts'
import type { Reader } from './client.ts'
import { LINKEDIN_DIALECT, linkedinFailure } from './errors.ts'

/** A request of an upload has this much time, and a millisecond for each of so many bytes. */
const LEAST_TIMEOUT_MS = 60_000
const SLOWEST_BYTES_PER_MS = 250

/**
 * Sends one file or part to an address that LinkedIn gave. `signed`: pictures and documents go with
 * the token, parts of videos without.
 */
export async function putBytes(
  { hosts, access, call }: Reader,
  url: string,
  body: BodyStream,
  options: { signed: boolean; mimeType: string },
): Promise<HttpAnswer> {
  const trusted = sameOrigin(url, hosts.apiBaseUrl)
  const isSigned = options.signed && (trusted || isLinkedin(url))
  const request: HttpRequest = {
    method: 'PUT',
    url,
    headers: {
      'content-type': options.mimeType,
      ...(isSigned ? { authorization: `Bearer ${access.accessToken}` } : {}),
    },
    body,
    timeoutMs: LEAST_TIMEOUT_MS + body.bytes / SLOWEST_BYTES_PER_MS,
    trusted,
  }
  try {
    return await ask(UPLOAD_DIALECT, request, call)
  } catch (error) {
    throw withoutAddress(error)
  }
}

/** The token goes to no other host, whatever an answer may name. */
function isLinkedin(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' && /(^|\.)linkedin\.com$/.test(hostname)
}

const UPLOAD_DIALECT: Dialect = { ...LINKEDIN_DIALECT, failureOf: uploadFailure }

/** An address that is not taken (any more) is replaced by a new one. */
function uploadFailure(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const failure = linkedinFailure(answer, effect)
  const isAboutAddress = failure.kind === 'rejected' || answer.status === 401
  return isAboutAddress ? uploadRefused(answer.status) : failure
}

export function uploadRefused(httpStatus?: number): PlatformFailure {
  const message = 'LinkedIn did not take the upload; it is started again.'
  const details = { code: 'linkedin_upload_refused', message, startOver: true }
  return transient(httpStatus === undefined ? details : { ...details, httpStatus })
}

/** Causes of the transport name the address, which is a secret here. */
function withoutAddress(error: unknown): unknown {
  if (!(error instanceof PlatformFailure) || error.cause === undefined) return error
  const { kind, code, message, startOver } = error
  return new PlatformFailure(kind, { code, message, startOver })
}
