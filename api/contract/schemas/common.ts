import { z } from 'zod'
import { ERRORS } from '../../../domain/errors.ts'
import { PLATFORMS, parsePlatform } from '../../../domain/platforms.ts'

/** An id of Clarion. What the API names has UUIDs, so that ids reveal no counts. */
export const uuid = z.uuid().meta({ example: '0199c1f2-7f0a-7c3e-9d1b-2f6a3b1c4d5e' })

/** Path parameters of everything below `/{id}`. */
export const idParams = z.strictObject({ id: uuid })

/** RFC 3339 with an offset: an hour without one means nothing to a server. */
export const instantInput = z.iso
  .datetime({
    offset: true,
    error: 'Give an RFC 3339 instant with offset, 2026-12-01T09:00:00+01:00.',
  })
  .meta({ example: '2026-12-01T09:00:00+01:00' })

/** An instant as it is answered: UTC with milliseconds. */
export const instant = z.iso.datetime().meta({ example: '2026-12-01T08:00:00.000Z' })

/** A platform as it is answered: always the canonical name, never an alias. */
/** How a platform counts the length of a text. */
export const textUnit = z.enum(['weighted', 'graphemes', 'characters', 'bytes', 'utf16'])

export const platform = z.enum(PLATFORMS).meta({ id: 'Platform' })

/** Also takes the alias `twitter`. */
export const platformInput = z
  .string()
  .transform((name, context) => {
    const known = parsePlatform(name)
    if (known !== undefined) return known
    context.addIssue({
      code: 'custom',
      message: `Use one of ${PLATFORMS.join(', ')}.`,
      params: { code: 'unknown_platform' },
    })
    return z.NEVER
  })
  .meta({ description: PLATFORMS.join(', '), example: 'x' })

/** One fault of the input; `path` is written as in JavaScript. */
export const fieldError = z
  .strictObject({
    path: z.string().meta({ example: 'targets[0].content' }),
    code: z.string(),
    message: z.string(),
  })
  .meta({ id: 'FieldError' })

/**
 * https://www.rfc-editor.org/rfc/rfc9457. Clients branch on `code`, which is stable; title and
 * detail are words and may change.
 */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(ERRORS)),
    detail: z.string(),
    action: z.string().meta({ description: 'What to do about it.' }),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
    request_id: z.string(),
    errors: z.array(fieldError).optional(),
    current_status: z.string().optional(),
    allowed_actions: z.array(z.string()).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' })

/** A whole number of a query, where everything is text; six digits bound the work of parsing. */
const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `Give a whole number from ${min} to ${max}.`)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(fallback)

/** Paging by key. A cursor is opaque and belongs to the list that answered it. */
export const pageQuery = {
  limit: whole(1, 100, 25).meta({ description: 'Rows per page, 1 to 100.', example: '25' }),
  cursor: z.string().max(500).optional().meta({ description: '`next_cursor` of the page before.' }),
}

/** The shape of every list: rows, and the cursor of the next page or null. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() })
}

/** A word true or false in a query. */
export const queryFlag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** An object whose fields others define: connectors, platforms, events. */
export const jsonObject = z.record(z.string(), z.unknown())

/** Query of lists that are numbered by a sequence. */
export const sequenceQuery = z.strictObject(pageQuery)
