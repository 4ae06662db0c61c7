import { z } from 'zod'
import { outcomeUnknown, type PlatformFailure, rejected, transient } from '../../domain/failures.ts'
import { type Dialect, type Effect, jsonOrUndefined } from '../ask.ts'
import { makeGoogleDialect } from '../google/errors.ts'
import type { HttpAnswer } from '../http.ts'
import { asSentence } from '../platform-words.ts'

const GOOGLE = makeGoogleDialect('google_business', 'Google Business Profile')

/** The sentence of the envelope is general; what is wrong stands in `errorDetails`. */
const detailsSchema = z.object({
  error: z.object({
    status: z.string().optional(),
    details: z
      .array(
        z.object({
          errorDetails: z.array(z.object({ message: z.string().optional() })).optional(),
        }),
      )
      .optional(),
  }),
})

/** Google's common errors and those of the posting API (version 4). */
export const GOOGLE_BUSINESS_DIALECT: Dialect = { ...GOOGLE, failureOf }

function failureOf(answer: HttpAnswer, effect: Effect): PlatformFailure {
  const failure = GOOGLE.failureOf(answer, effect)
  if (failure.code !== 'google_business_invalid_request') return failure
  const { status, words } = readDetails(answer)
  if (answer.status === 409) return conflict(effect)
  if (status === 'FAILED_PRECONDITION') {
    const message =
      'Google does not take posts for this location at the moment. Look at its profile.'
    return rejected({ code: 'google_business_cannot_post', message, httpStatus: answer.status })
  }
  if (words === '') return failure
  const message = `Google Business Profile refused: ${asSentence(words)}`
  return rejected({ code: failure.code, message, httpStatus: answer.status })
}

/** https://cloud.google.com/apis/design/errors: ABORTED and ALREADY_EXISTS share this status. */
function conflict(effect: Effect): PlatformFailure {
  const message = 'Google Business Profile was busy with this location.'
  const details = { code: 'google_business_conflict', message, httpStatus: 409 }
  return effect === 'irreversible' ? outcomeUnknown(details) : transient(details)
}

function readDetails(answer: HttpAnswer): { status?: string | undefined; words: string } {
  const parsed = detailsSchema.safeParse(jsonOrUndefined(answer))
  if (!parsed.success) return { words: '' }
  const { status, details = [] } = parsed.data.error
  const messages = details.flatMap(({ errorDetails = [] }) =>
    errorDetails.flatMap(({ message }) => message ?? []),
  )
  return { status, words: messages.join(' ') }
}
