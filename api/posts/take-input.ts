import type { Requester } from '../contract/operation.ts'
import type { ResolvedTime, TimeInput } from './resolve-time.ts'
import { resolveTime } from './resolve-time.ts'

/** The instant of a request; throws `validation_failed` for times that mean nothing or two things. */
export function takeTime(
  requester: Requester<'validation_failed'>,
  input: TimeInput,
  zone: string,
): ResolvedTime {
  const result = resolveTime(input, zone)
  if (result.ok) return result.time
  throw requester.fail('validation_failed', {
    detail: result.error.message,
    errors: [result.error],
  })
}
