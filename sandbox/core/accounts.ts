import { z } from 'zod'
import { PLATFORMS, type Platform } from '../../domain/platforms.ts'
import type { Tables } from './tables.ts'

/** As it is kept in the state file, which is why it has a schema. */
export const accountRow = z.object({
  platform: z.enum(PLATFORMS),
  account_id: z.string(),
  handle: z.string(),
  display_name: z.string(),
  created_at: z.string(),
})

/** `account_id` is the platform's own form of an id; `created_at` is RFC 3339. */
export type Account = z.infer<typeof accountRow>

/** The people who have an account on a platform. */
export class Accounts {
  readonly #byId: Map<string, Account>
  readonly #byHandle = new Map<string, Account>()

  constructor(tables: Tables) {
    this.#byId = tables.open('accounts', accountRow)
    for (const account of this.#byId.values()) this.#byHandle.set(handleKey(account), account)
  }

  add(account: Account): void {
    this.#byId.set(`${account.platform} ${account.account_id}`, account)
    this.#byHandle.set(handleKey(account), account)
  }

  /** Ids are unique within a platform only. */
  byId(platform: Platform, accountId: string): Account | undefined {
    return this.#byId.get(`${platform} ${accountId}`)
  }

  /** Handles are case-insensitive on every platform. */
  byHandle(platform: Platform, handle: string): Account | undefined {
    return this.#byHandle.get(handleKey({ platform, handle }))
  }

  list(platform?: Platform): Account[] {
    const all = [...this.#byId.values()]
    return platform === undefined ? all : all.filter((one) => one.platform === platform)
  }
}

function handleKey(account: { platform: Platform; handle: string }): string {
  return `${account.platform} ${account.handle.toLowerCase()}`
}
