import type { FieldError } from '../../domain/errors.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Requester } from '../contract/operation.ts'
import type { AppCredentialsBody } from '../contract/schemas/platform-apps.ts'

/** Credentials by what they are; undefined was not given, null shall be erased. */
export interface TakenCredentials {
  clientId?: string
  clientSecret?: string | null
  apiKey?: string | null
  apiSecret?: string | null
}

type FieldName = keyof AppCredentialsBody
type Names = readonly [id: FieldName, secret: FieldName]

const GENERIC: Names = ['client_id', 'client_secret']
const META: Names = ['app_id', 'app_secret']
const OAUTH1: Names = ['api_key', 'api_secret']
/** What the platforms themselves call them, as in their consoles for developers. */
const OWN: Partial<Record<Platform, Names>> = {
  instagram: META,
  facebook: META,
  threads: META,
  pinterest: META,
  tiktok: ['client_key', 'client_secret'],
}

/** Reads the names that a platform takes; others are refused with those that it does take. */
export function takeAppCredentials(
  requester: Requester<'validation_failed'>,
  platform: Platform,
  given: AppCredentialsBody,
): TakenCredentials {
  const [ownId, ownSecret] = OWN[platform] ?? GENERIC
  const errors = [...foreignNames(platform, given), ...givenTwice(platform, given)]
  if (errors.length > 0) {
    const detail = [...new Set(errors.map(({ message }) => message))].join(' ')
    throw requester.fail('validation_failed', { detail, errors })
  }
  return {
    clientId: given[ownId] ?? given.client_id ?? undefined,
    clientSecret: given[ownSecret] === undefined ? given.client_secret : given[ownSecret],
    apiKey: given.api_key,
    apiSecret: given.api_secret,
  }
}

/** The platform's own name for its app's id, for errors that ask for it. */
export function appIdName(platform: Platform): string {
  return (OWN[platform] ?? GENERIC)[0]
}

function foreignNames(platform: Platform, given: AppCredentialsBody): FieldError[] {
  const pairs = [OWN[platform], GENERIC, platform === 'x' ? OAUTH1 : undefined]
  const known = pairs.filter((pair) => pair !== undefined)
  const names = known.flat()
  const message = `An app of ${platform} has ${known.map((pair) => pair.join(' and ')).join(', or ')}.`
  return namesOf(given)
    .filter((name) => !names.includes(name))
    .map((path) => ({ path, code: 'unknown_field', message }))
}

function givenTwice(platform: Platform, given: AppCredentialsBody): FieldError[] {
  const own = OWN[platform] ?? GENERIC
  return GENERIC.flatMap((name, index) => {
    const alias = own[index]
    const isTwice = alias !== undefined && alias !== name && namesOf(given).includes(alias)
    if (!isTwice || given[name] === undefined) return []
    return [{ path: name, code: 'given_twice', message: `Give ${alias} or ${name}, not both.` }]
  })
}

function namesOf(given: AppCredentialsBody): FieldName[] {
  const names = [...GENERIC, ...META, 'client_key', ...OAUTH1] as const
  return names.filter((name) => given[name] !== undefined)
}
