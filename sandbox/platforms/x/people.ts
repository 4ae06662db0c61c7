import type { XStore } from './store.ts'

/** The one built-in account with X Premium. */
const PREMIUM_HANDLE = 'carol'

/** Premium lifts the length limit to 25,000. */
export function isPremium(store: XStore, accountId: string): boolean {
  return store.state.accounts.byId('x', accountId)?.handle === PREMIUM_HANDLE
}

/** Looks up the id that a mention entity carries. */
export function mentionTarget(store: XStore): (handle: string) => { id?: string } {
  return (handle) => {
    const account = store.state.accounts.byHandle('x', handle)
    return account === undefined ? {} : { id: account.account_id }
  }
}
