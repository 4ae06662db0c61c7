import type { Account } from '../../core/accounts.ts'
import { type Fields, type GraphNode, picture, present } from '../meta/fields.ts'
import { type Call, hasScope, pageTokenOf } from './access.ts'
import { type Business, instagramOf, type Page, roleOn } from './world.ts'

const PHOTOS = 'https://scontent.xx.fbcdn.net'

/** https://developers.facebook.com/docs/graph-api/reference/user/ */
export function personNode({ caller }: Call, person: Account): GraphNode {
  const [firstName = '', ...rest] = person.display_name.split(' ')
  const mayReadEmail = hasScope(caller, 'email')
  return {
    type: 'User',
    defaults: ['name', 'id'],
    values: {
      id: () => person.account_id,
      name: () => person.display_name,
      first_name: () => firstName,
      last_name: () => rest.join(' '),
      email: () => (mayReadEmail ? `${person.handle}@example.com` : undefined),
      picture: picture(`${PHOTOS}/person/${person.account_id}.jpg`),
    },
  }
}

/** https://developers.facebook.com/docs/graph-api/reference/page/ : there is no `tasks` on it. */
export function pageNode(call: Call, page: Page): GraphNode {
  const link = `https://www.facebook.com/${page.username ?? page.id}`
  return {
    type: 'Page',
    defaults: ['name', 'id'],
    values: {
      id: () => page.id,
      name: () => page.name,
      username: () => page.username ?? undefined,
      access_token: () => pageTokenOf(call, page),
      category: () => page.category,
      category_list: () => [{ id: '2500', name: page.category }],
      picture: picture(`${PHOTOS}/page/${page.id}.jpg`),
      link: () => link,
      about: () => undefined,
      website: () => undefined,
      is_published: () => true,
      verification_status: () => 'not_verified',
      fan_count: () => 42,
      followers_count: () => 42,
      business: () => businessOf(call, page),
      instagram_business_account: (below) => instagramField(call, page, below),
      connected_instagram_account: (below) => instagramField(call, page, below),
    },
  }
}

/** A Page as an entry of /me/accounts, which knows what the person may do on it. */
export function managedPageNode(call: Call, page: Page): GraphNode {
  const { facebook, caller } = call
  const node = pageNode(call, page)
  return {
    ...node,
    defaults: ['access_token', 'category', 'category_list', 'name', 'id', 'tasks'],
    values: {
      ...node.values,
      tasks: () => roleOn(facebook.world, caller.personId, page.id)?.tasks,
    },
  }
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user : no account_type. */
export function instagramNode({ facebook }: Call, account: Account): GraphNode {
  const { account_id: accountId, handle } = account
  return {
    type: 'IGUser',
    defaults: ['id'],
    values: {
      id: () => accountId,
      ig_id: () => Number(accountId.slice(-10)),
      username: () => handle,
      name: () => account.display_name,
      profile_picture_url: () => `https://scontent.cdninstagram.com/${accountId}.jpg`,
      biography: () => '',
      website: () => undefined,
      followers_count: () => 42,
      follows_count: () => 17,
      media_count: () => facebook.store.state.posts.countOf('instagram', accountId),
    },
  }
}

/** https://developers.facebook.com/docs/marketing-api/reference/business/ */
export function businessNode(business: Business): GraphNode {
  return {
    type: 'Business',
    defaults: ['id', 'name'],
    values: {
      id: () => business.id,
      name: () => business.name,
      verification_status: () => 'not_verified',
    },
  }
}

/** Left out without the permission, as for a Page without a professional account. */
function instagramField(call: Call, page: Page, below: Fields | undefined): unknown {
  const account = instagramOf(call.facebook.world, page)
  if (account === undefined || !hasScope(call.caller, 'instagram_basic')) return undefined
  return present(instagramNode(call, account), below)
}

function businessOf({ facebook, caller }: Call, page: Page): unknown {
  const business = facebook.world.businesses.get(page.business_id ?? '')
  if (business === undefined || !hasScope(caller, 'business_management')) return undefined
  return { id: business.id, name: business.name }
}
