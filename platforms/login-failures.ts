import { authRevoked, type PlatformFailure, rejected } from '../domain/failures.ts'

/** What a token endpoint's refusal comes down to, in one platform's name and codes. */
export interface LoginFailures {
  /** The operator's to mend, and no proof against an account. */
  appRefused(httpStatus?: number): PlatformFailure
  authorizationFailed(httpStatus?: number): PlatformFailure
  grantEnded(httpStatus?: number): PlatformFailure
}

export function loginFailures(platformName: string, prefix: string): LoginFailures {
  const at = (httpStatus: number | undefined) => (httpStatus === undefined ? {} : { httpStatus })
  return {
    appRefused: (httpStatus) =>
      rejected({
        code: `${prefix}_app_refused`,
        message: `${platformName} refused the app credentials of this installation.`,
        ...at(httpStatus),
      }),
    authorizationFailed: (httpStatus) =>
      rejected({
        code: 'authorization_failed',
        message: `${platformName} no longer knows this connection attempt. Please start again.`,
        ...at(httpStatus),
      }),
    grantEnded: (httpStatus) =>
      authRevoked({
        code: `${prefix}_grant_ended`,
        message: `${platformName} no longer accepts this connection. Please connect the account again.`,
        ...at(httpStatus),
      }),
  }
}
