import type { z } from 'zod'

/**
 * Named in-memory tables that can be written to and read from one JSON file. Rows are plain JSON
 * values; each table parses what the file held with its own schema, so an old or broken state
 * file is refused when it is opened and not somewhere later.
 */
export class Tables {
  readonly #open = new Map<string, Map<string, unknown>>()
  readonly #restored: Record<string, unknown>

  constructor(restored: Record<string, unknown> = {}) {
    this.#restored = restored
  }

  open<T>(name: string, row: z.ZodType<T>): Map<string, T> {
    if (this.#open.has(name)) throw new Error(`table ${name} is already open`)
    const rows = new Map<string, T>()
    const saved = this.#restored[name]
    if (Array.isArray(saved)) for (const entry of saved) readEntry(rows, row, entry)
    this.#open.set(name, rows)
    return rows
  }

  /** Every table as a list of `[key, row]`, ready for JSON.stringify. */
  snapshot(): Record<string, [string, unknown][]> {
    return Object.fromEntries([...this.#open].map(([name, rows]) => [name, [...rows]]))
  }
}

/** Throws a ZodError when the saved row is not of this version’s shape. */
function readEntry<T>(rows: Map<string, T>, row: z.ZodType<T>, entry: unknown): void {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return
  rows.set(entry[0], row.parse(entry[1]))
}
