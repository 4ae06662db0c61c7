import type { Account } from '../../core/accounts.ts'

/** A Page that a person runs, made when it does not exist yet. */
export interface PageSeed {
  name: string
  username: string | null
  category: string
  instagram: string | null
  business: string | null
  tasks: string[]
  /** null = a role on the Page itself, so that /me/accounts lists it. */
  via: 'owned_pages' | 'client_pages' | null
}

/** https://developers.facebook.com/docs/pages-api/overview#tasks */
const ALL_TASKS = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE']
const LONGEST_INSTAGRAM_HANDLE = 30

const BUILT_IN: Record<string, readonly PageSeed[]> = {
  alice: [
    page('Alice Bakery', { username: 'alicebakery', instagram: 'alice', category: 'Bakery' }),
    page('City Cycling Club', { username: null, category: 'Sports club' }),
    page('Adler Catering', {
      instagram: 'alice.catering',
      business: 'Adler Group',
      via: 'owned_pages',
    }),
  ],
  bob: [
    page('Bauer Bikes', { instagram: 'bob', category: 'Bicycle shop' }),
    // Alice runs it; Bob may only look at its figures.
    page('City Cycling Club', { tasks: ['ANALYZE'] }),
  ],
  carol: [
    page('Carol Conti', { instagram: 'carol', category: 'Musician/band' }),
    // A personal account, so the Page shows none.
    page('Conti Fans', { instagram: 'carol.private' }),
    page('Conti Concerts', { business: 'Conti Agency', via: 'client_pages' }),
  ],
}

/** The Pages of a person; one who is not built in gets one Page. */
export function pagesOf(person: Account): readonly PageSeed[] {
  const name = `${person.display_name} Page (${person.handle})`
  return BUILT_IN[person.handle] ?? [page(name, { instagram: pageHandle(person.handle) })]
}

function page(name: string, more: Partial<PageSeed>): PageSeed {
  return {
    name,
    username: name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase(),
    category: 'Local business',
    instagram: null,
    business: null,
    tasks: ALL_TASKS,
    via: null,
    ...more,
  }
}

/** `{handle}.page`, so that the plain handle stays free for a login of its own. */
function pageHandle(handle: string): string {
  const suffix = '.page'
  const stem = handle.replaceAll('-', '_').slice(0, LONGEST_INSTAGRAM_HANDLE - suffix.length)
  return `${stem.toLowerCase()}${suffix}`
}
