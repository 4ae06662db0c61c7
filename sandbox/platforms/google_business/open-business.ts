import type { Account } from '../../core/accounts.ts'
import { type BusinessAccount, type BusinessLocation, type BusinessStore, longId } from './store.ts'

const CHAIN_PREFIX = 'chain'
/** More than the largest page of `locations.list`. */
const CHAIN_LOCATIONS = 103

/**
 * What a person manages: alice two accounts with four locations, one of them without voice of
 * merchant; carol nothing but an account; a handle that begins with `chain` 103 locations;
 * everyone else one location.
 */
export function openBusiness(store: BusinessStore, person: Account): void {
  const handle = person.handle.toLowerCase()
  const personal = addAccount(store, person, { name: person.display_name, type: 'PERSONAL' })
  if (handle === 'carol') return
  if (handle === 'alice') {
    openCafes(store, person)
    addLocation(store, personal, { title: 'Adler Consulting', city: 'Berlin' })
    return
  }
  const count = handle.startsWith(CHAIN_PREFIX) ? CHAIN_LOCATIONS : 1
  for (let number = 1; number <= count; number++) {
    const title = `${person.display_name} ${count === 1 ? 'Shop' : number}`
    addLocation(store, personal, { title, city: 'Hamburg' })
  }
}

function openCafes(store: BusinessStore, person: Account): void {
  const group = addAccount(store, person, { name: 'Adler Cafés', type: 'LOCATION_GROUP' })
  addLocation(store, group, { title: 'Adler Café Mitte', city: 'Berlin' })
  addLocation(store, group, { title: 'Adler Café Altona', city: 'Hamburg' })
  addLocation(store, group, {
    title: 'Adler Café Nippes',
    city: 'Köln',
    voice_of_merchant: false,
  })
}

function addAccount(
  store: BusinessStore,
  person: Account,
  account: Pick<BusinessAccount, 'name' | 'type'>,
): BusinessAccount {
  const row = { id: longId(21), owner: person.account_id, ...account }
  store.accounts.set(row.id, row)
  return row
}

function addLocation(
  store: BusinessStore,
  account: BusinessAccount,
  location: { title: string; city: string; voice_of_merchant?: boolean },
): void {
  const row: BusinessLocation = {
    id: longId(20),
    account: account.id,
    owner: account.owner,
    voice_of_merchant: true,
    ...location,
  }
  store.locations.set(row.id, row)
}
