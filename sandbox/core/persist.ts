import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Tables } from './tables.ts'

const DEBOUNCE_MS = 1_000

/** The tables a state file holds; empty when there is no file yet. */
export function readStateFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {}
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(`${path} is not a sandbox state file; delete it to start empty`)
  }
  return { ...parsed }
}

/** Writes the tables to a file some time after each change, and at once on `flush`. */
export class StateFile {
  readonly #path: string
  readonly #tables: Tables
  #timer: NodeJS.Timeout | undefined

  constructor(path: string, tables: Tables) {
    mkdirSync(dirname(path), { recursive: true })
    this.#path = path
    this.#tables = tables
  }

  changed(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.flush(), DEBOUNCE_MS)
    this.#timer.unref()
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const draft = `${this.#path}.tmp`
    // The file holds tokens; the rename keeps a reader from ever seeing half of it.
    writeFileSync(draft, JSON.stringify(this.#tables.snapshot()), { mode: 0o600 })
    renameSync(draft, this.#path)
  }
}
