import type { StandIn } from '../platforms/stand-in.ts'
import type { Account } from './accounts.ts'
import type { SandboxState } from './state.ts'

const PEOPLE = [
  { handle: 'alice', display_name: 'Alice Adler' },
  { handle: 'bob', display_name: 'Bob Bauer' },
  { handle: 'carol', display_name: 'Carol Conti' },
]

/** Opens the built-in accounts of a platform that has none yet. */
export function openBuiltInAccounts(state: SandboxState, standIn: StandIn): void {
  if (state.accounts.list(standIn.platform).length > 0) return
  for (const person of PEOPLE) openAccount(state, standIn, person)
}

/** A new account, or why the platform would not open it. */
export function openAccount(
  state: SandboxState,
  standIn: StandIn,
  person: { handle: string; display_name?: string },
): Account | 'invalid_handle' | 'handle_taken' {
  const handle = standIn.normalizeHandle(person.handle)
  if (handle === undefined) return 'invalid_handle'
  if (state.accounts.byHandle(standIn.platform, handle) !== undefined) return 'handle_taken'
  const now = state.now()
  const account = {
    platform: standIn.platform,
    account_id: standIn.newAccountId(now.getTime()),
    handle,
    display_name: person.display_name ?? person.handle,
    created_at: now.toISOString(),
  }
  state.accounts.add(account)
  standIn.openAccount?.(account)
  return account
}
