import type { FieldError } from '../../domain/errors.ts'
import type { Authorizer } from '../../platforms/registry.ts'
import type { Requester } from '../contract/operation.ts'

/** The credentials a platform takes, all required ones given and no other field. */
export function takeCredentials(
  requester: Requester<'validation_failed'>,
  authorizer: Authorizer,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const fields = authorizer.credentialFields ?? []
  const missing = fields
    .filter(({ name, required }) => required && (given[name] ?? '').trim() === '')
    .map(({ name }) => at(name, 'required', 'This is required.'))
  const unknown = Object.keys(given)
    .filter((name) => !fields.some((field) => field.name === name))
    .map((name) => at(name, 'unknown_field', 'There is no such field.'))
  const errors = [...missing, ...unknown]
  if (errors.length > 0) throw requester.fail('validation_failed', { errors })
  return given
}

/** Names the field, never its value: these are passwords. */
function at(name: string, code: string, message: string): FieldError {
  return { path: `credentials.${name}`, code, message }
}
