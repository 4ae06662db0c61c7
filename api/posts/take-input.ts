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

/** Media come with a later release: better refused than left out of a post in silence. */
export function takeMedia(
  requester: Requester<'platform_unsupported'>,
  media: readonly unknown[] | undefined,
): void {
  if (media === undefined || media.length === 0) return
  const message = 'Posts with media are not offered yet; leave media empty.'
  throw requester.fail('platform_unsupported', {
    detail: message,
    errors: [{ path: 'media', code: 'platform_unsupported', message }],
  })
}
