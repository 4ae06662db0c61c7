import type { Platform } from '../../domain/platforms.ts'
import type { Authorizer } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'

/** An authorizer that can do what was asked for. */
export type RedirectAuthorizer = Authorizer &
  Required<Pick<Authorizer, 'authorizationUrl' | 'exchange'>>
export type CredentialAuthorizer = Authorizer & Required<Pick<Authorizer, 'withCredentials'>>

type ChoiceErrors = 'platform_unsupported' | 'validation_failed'

/** The named way of connecting by a consent page, or the platform's usual one. */
export function redirectAuthorizer(
  requester: Requester<ChoiceErrors>,
  platform: Platform,
  method: string | undefined,
): RedirectAuthorizer {
  return choose(requester, platform, method, {
    fits: isRedirect,
    lack: 'has no consent page; send credentials to POST /v1/connections',
  })
}

/** The named way of connecting by credentials, or the first there is. */
export function credentialAuthorizer(
  requester: Requester<ChoiceErrors>,
  platform: Platform,
  method: string | undefined,
): CredentialAuthorizer {
  return choose(requester, platform, method, {
    fits: isCredential,
    lack: 'takes no credentials; use POST /v1/connections/authorize',
  })
}

export function isRedirect(authorizer: Authorizer): authorizer is RedirectAuthorizer {
  return authorizer.authorizationUrl !== undefined && authorizer.exchange !== undefined
}

function isCredential(authorizer: Authorizer): authorizer is CredentialAuthorizer {
  return authorizer.withCredentials !== undefined
}

function choose<A extends Authorizer>(
  requester: Requester<ChoiceErrors>,
  platform: Platform,
  method: string | undefined,
  { fits, lack }: { fits: (one: Authorizer) => one is A; lack: string },
): A {
  const all = requester.deps.registry.authorizers(platform)
  if (all.length === 0) {
    const detail = `Accounts of ${platform} cannot be connected yet.`
    throw requester.fail('platform_unsupported', { detail })
  }
  const named = method === undefined ? all : all.filter((one) => one.method === method)
  if (named.length === 0) throw unknownMethod(requester, platform, all)
  const found = named.find(fits)
  if (found !== undefined) return found
  const others = all.filter(fits).map((one) => one.method)
  const subject = method === undefined ? platform : `${platform} by ${method}`
  const hint = others.length === 0 ? '' : ` Methods that do: ${others.join(', ')}.`
  throw requester.fail('platform_unsupported', { detail: `${subject} ${lack}.${hint}` })
}

function unknownMethod(
  requester: Requester<'validation_failed'>,
  platform: Platform,
  all: readonly Authorizer[],
) {
  const methods = all.map((one) => one.method).join(', ')
  const message = `${platform} is connected by: ${methods}.`
  const error = { path: 'method', code: 'unknown_method', message }
  return requester.fail('validation_failed', { detail: message, errors: [error] })
}
