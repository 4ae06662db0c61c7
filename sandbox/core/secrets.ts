import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Tables } from './tables.ts'

/** Every token, code and secret ever issued, so that a search can find a leak. */
export class Secrets {
  readonly #issued: Map<string, true>

  constructor(tables: Tables) {
    this.#issued = tables.open('secrets', z.literal(true))
  }

  /** A new opaque secret: `sbx_secret_{kind}_…`. */
  issue(kind: string): string {
    return this.record(`sbx_secret_${kind}_${randomBytes(24).toString('base64url')}`)
  }

  /** Records a secret whose form the platform fixes (a JWT, an app password). */
  record(secret: string): string {
    this.#issued.set(secret, true)
    return secret
  }

  list(): string[] {
    return [...this.#issued.keys()]
  }
}
