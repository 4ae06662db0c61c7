import { createHash } from 'node:crypto'
import type { Account } from '../../core/accounts.ts'
import { latestId } from '../../core/ids.ts'
import type { SandboxState } from '../../core/state.ts'

/** Ids beyond 2^53, as the platforms have them. */
const FIRST_INSTAGRAM_ID = '17841400000000001'

/** What an Instagram account is; handles that end in `.private` are personal accounts. */
export type AccountType = 'BUSINESS' | 'MEDIA_CREATOR' | 'PERSONAL'

/** Only business and creator accounts are professional. */
export function accountType(account: Account): AccountType {
  if (account.handle.endsWith('.private')) return 'PERSONAL'
  return account.handle === 'bob' ? 'MEDIA_CREATOR' : 'BUSINESS'
}

/** The id of an account within one app, another than the one that paths take. */
export function appScopedId(account: Account): string {
  const digest = createHash('sha256').update(`${account.platform} ${account.account_id}`).digest()
  return `26${String(digest.readBigUInt64BE() % 10n ** 15n).padStart(15, '0')}`
}

export function nextInstagramId(state: SandboxState): string {
  return nextId(
    state.accounts.list('instagram').map((one) => one.account_id),
    FIRST_INSTAGRAM_ID,
  )
}

/** One more than the greatest id so far. */
export function nextId(ids: Iterable<string>, first: string): string {
  const latest = latestId(ids)
  return latest === undefined ? first : String(BigInt(latest) + 1n)
}

/** The Instagram account with a handle, opened when there is none. */
export function ensureInstagram(state: SandboxState, handle: string, displayName: string): Account {
  const known = state.accounts.byHandle('instagram', handle)
  if (known !== undefined) return known
  const account: Account = {
    platform: 'instagram',
    account_id: nextInstagramId(state),
    handle,
    display_name: displayName,
    created_at: state.now().toISOString(),
  }
  state.accounts.add(account)
  return account
}
