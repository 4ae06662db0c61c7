/** SQL conditions joined by AND, each with its parameters in order. */
export interface Conditions {
  sql: string
  parameters: unknown[]
}

export type Condition = [sql: string, ...parameters: unknown[]]

/** Conditions whose filter was not given are left out: pass `undefined` for them. */
export function allOf(conditions: readonly (Condition | undefined)[]): Conditions {
  const given = conditions.filter((condition) => condition !== undefined)
  return {
    sql: given.map(([sql]) => `(${sql})`).join(' and ') || 'true',
    parameters: given.flatMap(([, ...parameters]) => parameters),
  }
}

/** Pattern of ILIKE that finds the text itself, wildcards in it included. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

/** Rows after this key when sorted by `created_at desc, id`. */
export function after(key: { at: string; id: string } | undefined): Condition | undefined {
  if (key === undefined) return undefined
  return [
    'created_at <= ?::timestamptz and (created_at < ?::timestamptz or id > ?)',
    key.at,
    key.at,
    key.id,
  ]
}
