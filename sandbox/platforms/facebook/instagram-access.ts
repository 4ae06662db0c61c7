import type { Account } from '../../core/accounts.ts'
import type { ContainerStore } from '../meta/containers.ts'
import type { Ability, InstagramCall } from '../meta/instagram-call.ts'
import { countBusinessCall } from '../meta/usage.ts'
import { type Call, hasScope, reaches } from './access.ts'
import { instagramOf, roleOn } from './world.ts'

const SCOPES: Record<Ability, string> = {
  read: 'instagram_basic',
  publish: 'instagram_content_publish',
  comment: 'instagram_manage_comments',
  delete: 'instagram_manage_contents',
}

/** The account with an id, reached through a Page that the caller reaches. */
export function instagramBehind(call: Call, id: string): Account | undefined {
  const { facebook, caller } = call
  const { world } = facebook
  const page = [...world.pages.values()].find((one) => instagramOf(world, one)?.account_id === id)
  if (page === undefined || !reaches(facebook, caller, page.id)) return undefined
  if (caller.page !== undefined && caller.page.id !== page.id) return undefined
  return instagramOf(world, page)
}

/** A call of an Instagram node with a token of Facebook Login, of the person or of the Page. */
export function instagramCall(call: Call, store: ContainerStore): InstagramCall {
  const { facebook, caller, req } = call
  let isCounted = false
  return {
    req,
    store,
    reach: (id) => {
      const account = instagramBehind(call, id)
      if (account !== undefined && !isCounted) {
        isCounted = true
        countBusinessCall(facebook.store, { type: 'instagram', accountId: id }, req)
      }
      return account
    },
    may: (ability) => {
      if (!hasScope(caller, SCOPES[ability])) return false
      return ability !== 'publish' || mayCreate(call)
    },
  }
}

/** Some Page with the task is enough: what the call reaches was asked before. */
function mayCreate({ facebook, caller }: Call): boolean {
  const { world } = facebook
  const pages = caller.page === undefined ? [...world.pages.values()] : [caller.page]
  return pages.some((page) =>
    roleOn(world, caller.personId, page.id)?.tasks.includes('CREATE_CONTENT'),
  )
}
