import { z } from 'zod'
import { rejected } from '../domain/failures.ts'
import type { Finding } from './connector.ts'

/** The JSON Schema (2020-12) of target settings that the API shows, from the schema that checks. */
export function describeSettings(schema: z.ZodObject): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, { target: 'draft-2020-12' })
}

/** Every problem of the settings, named by their path below `settings`. */
export function checkSettings(
  schema: z.ZodObject,
  settings: Readonly<Record<string, unknown>>,
): Finding[] {
  const parsed = schema.safeParse(settings)
  return parsed.success ? [] : parsed.error.issues.flatMap(toFindings)
}

function toFindings(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'unknown_setting',
      path: `settings.${key}`,
      message: `“${key}” is not a setting of this platform.`,
    }))
  }
  const path = ['settings', ...issue.path].join('.')
  return [{ code: 'invalid_setting', path, message: explain(issue, issue.path.join('.')) }]
}

function explain(issue: z.core.$ZodIssue, name: string): string {
  if (issue.code === 'invalid_value') {
    return `“${name}” must be one of: ${issue.values.map(String).join(', ')}.`
  }
  if (issue.code === 'invalid_type') return `“${name}” must be a ${issue.expected}.`
  return `“${name}” is not valid: ${issue.message}.`
}

/** The settings of a draft; `validate` has passed before, so a refusal here is a caller's mistake. */
export function parseSettings<Schema extends z.ZodObject>(
  schema: Schema,
  settings: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  const parsed = schema.safeParse(settings)
  if (parsed.success) return parsed.data
  const message = parsed.error.issues.flatMap(toFindings).map((finding) => finding.message)
  throw rejected({ code: 'invalid_settings', message: message.join(' ') })
}
