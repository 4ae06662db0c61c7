import type { z } from 'zod'
import type { FieldError } from '../../domain/errors.ts'
import { problem } from '../../domain/errors.ts'

type Place = 'path' | 'query' | 'body'

/**
 * Input as its schema says, or `validation_failed` with every fault. A path that does not parse
 * names nothing, so it is `not_found`.
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  place: Place,
): z.output<S> {
  // Before the schema: no string that PostgreSQL refuses may reach a query, a free-form object's
  // included.
  const unfit = unfitText(raw, [])
  if (unfit !== undefined) throw invalid([unfit])
  const result = schema.safeParse(raw, { reportInput: true })
  if (result.success) return result.data
  if (place === 'path') throw problem('not_found')
  throw invalid(result.error.issues.flatMap(toFieldErrors))
}

function invalid(errors: FieldError[]) {
  return problem('validation_failed', { errors, detail: summary(errors) })
}

function summary(errors: readonly FieldError[]): string {
  return errors
    .map((error) => (error.path ? `${error.path}: ${error.message}` : error.message))
    .join(' ')
}

/**
 * One issue of zod as faults of fields; unknown keys become one fault each, so that a client sees
 * which of its fields was misspelt. Codes are zod's or those of `params.code`.
 */
export function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: jsonPath([...issue.path, key]),
      code: 'unknown_field',
      message: 'There is no such field.',
    }))
  }
  return [{ path: jsonPath(issue.path), code: fieldCode(issue), message: fieldMessage(issue) }]
}

/** `targets[0].content` */
export function jsonPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? String(part) : `${text}.${String(part)}`
  }, '')
}

/** `required` for what is missing, else the schema's own code; clients branch on it. */
function fieldCode(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'required'
  if (issue.code === 'custom') return String(issue.params?.code ?? 'invalid')
  return issue.code
}

function fieldMessage(issue: z.core.$ZodIssue): string {
  return isMissing(issue) ? 'This is required.' : issue.message
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined
}

/** PostgreSQL stores neither NUL nor half a surrogate pair; such text is a mistake of the client. */
function unfitText(value: unknown, path: readonly PropertyKey[]): FieldError | undefined {
  if (typeof value === 'string') return isFit(value) ? undefined : unfit(path)
  if (typeof value !== 'object' || value === null) return undefined
  const entries: [PropertyKey, unknown][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value)
  for (const [key, item] of entries) {
    const isKeyFit = typeof key !== 'string' || isFit(key)
    const found = isKeyFit ? unfitText(item, [...path, key]) : unfit(path)
    if (found !== undefined) return found
  }
  return undefined
}

function isFit(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

function unfit(path: readonly PropertyKey[]): FieldError {
  return {
    path: jsonPath(path),
    code: 'invalid_text',
    message: 'This has characters that are no text (NUL or half a surrogate pair).',
  }
}
