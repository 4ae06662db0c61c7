import type { ErrorCode } from '../../domain/errors.ts'
import { PlatformFailure } from '../../domain/failures.ts'
import type { Requester } from '../contract/operation.ts'

/** What connecting may answer because of the platform. */
export const CONNECT_ERRORS = [
  'credentials_refused',
  'instance_refused',
  'oauth_failed',
  'platform_unsupported',
] as const satisfies readonly ErrorCode[]
export type ConnectError = (typeof CONNECT_ERRORS)[number]

/** Codes with which connectors refuse an address that a person typed. */
const ADDRESS_CODES = ['host_refused', 'invalid_service_url', 'unreadable_answer']

/** Longest a person waits for a platform while connecting. */
const CALL_TIMEOUT_MS = 20_000

/** What a call to a platform needs around it. */
export function platformCall({ deps }: Pick<Requester<never>, 'deps'>) {
  return { http: deps.registry.http, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }
}

/** Calls a platform; its failures become problems with the connector's words for people. */
export async function askPlatform<T>(
  requester: Requester<ConnectError>,
  place: { isTypedHost: boolean; refusal: 'credentials_refused' | 'oauth_failed' },
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    // Our own fault: it must surface as `internal`, not as the platform's.
    if (!(error instanceof PlatformFailure)) throw error
    const code = codeOf(error, place)
    throw requester.fail(code, { detail: error.message, cause: error })
  }
}

/**
 * A host that a person typed is suspected first: not reaching it, or not understanding it, is more
 * likely a wrong address than an outage.
 */
function codeOf(
  failure: PlatformFailure,
  {
    isTypedHost,
    refusal,
  }: { isTypedHost: boolean; refusal: 'credentials_refused' | 'oauth_failed' },
): ConnectError {
  if (ADDRESS_CODES.includes(failure.code) && isTypedHost) return 'instance_refused'
  switch (failure.kind) {
    case 'auth_expired':
    case 'auth_revoked':
    case 'rejected':
      return refusal
    case 'transient':
    case 'outcome_unknown':
      return isTypedHost ? 'instance_refused' : 'oauth_failed'
    case 'rate_limited':
      return 'oauth_failed'
  }
}
