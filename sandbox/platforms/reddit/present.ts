import type { Account } from '../../core/accounts.ts'
import { type Community, isContributor, isModerator } from './communities.ts'

/** Texts come HTML-escaped unless the client asks for `raw_json=1`. */
export function escapeUnlessRaw(text: string, query: URLSearchParams): string {
  if (query.get('raw_json') === '1') return text
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The `t5` of a subreddit as one account sees it. */
export function presentCommunity(
  community: Community,
  reader: Account,
  query: URLSearchParams,
): Record<string, unknown> {
  const { id, name, title, type, accepts } = community
  const icon = `https://styles.redditmedia.com/t5_${id}/icon.png?width=256&s=${id}`
  return {
    id,
    name: `t5_${id}`,
    display_name: name,
    display_name_prefixed: `r/${name}`,
    title,
    url: `/r/${name}/`,
    subreddit_type: type,
    submission_type: accepts,
    allow_images: accepts !== 'self',
    allow_videos: accepts !== 'self',
    allow_galleries: accepts !== 'self',
    allow_polls: accepts !== 'link',
    link_flair_enabled: community.flairs.length > 0,
    can_assign_link_flair: community.flairs.length > 0,
    user_is_banned: community.banned === 'everyone',
    user_is_subscriber: true,
    user_is_contributor: isContributor(community, reader.handle),
    user_is_moderator: isModerator(community, reader.handle),
    restrict_posting: type === 'restricted',
    over18: false,
    subscribers: 1234,
    community_icon: escapeUnlessRaw(icon, query),
    icon_img: '',
    public_description: '',
    created_utc: 1_700_000_000,
  }
}

/** The `t5` of a profile. */
export function presentProfile(
  owner: Account,
  reader: Account,
  query: URLSearchParams,
): Record<string, unknown> {
  const name = `u_${owner.handle}`
  const isOwn = owner.account_id === reader.account_id
  return {
    ...profileOf(owner, query),
    id: `p${owner.account_id}`,
    submission_type: 'any',
    display_name: name,
    subreddit_type: 'user',
    allow_images: true,
    allow_videos: true,
    allow_galleries: true,
    allow_polls: false,
    user_is_banned: false,
    user_is_subscriber: isOwn,
    user_is_contributor: isOwn,
    user_is_moderator: isOwn,
  }
}

/** The short form of the profile that `me` holds. */
export function profileOf(owner: Account, query: URLSearchParams): Record<string, unknown> {
  return {
    name: `t5_p${owner.account_id}`,
    display_name: `u_${owner.handle}`,
    display_name_prefixed: `u/${owner.handle}`,
    title: owner.display_name,
    url: `/user/${owner.handle}/`,
    subreddit_type: 'user',
    subscribers: 3,
    over_18: false,
    icon_img: escapeUnlessRaw(iconOf(owner), query),
    public_description: '',
  }
}

/** The address is signed: without its query it is the plain picture. */
export function iconOf(account: Account): string {
  return `https://styles.redditmedia.com/${account.account_id}/icon.png?width=256&s=signature`
}
