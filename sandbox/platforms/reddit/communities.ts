/** One subreddit of the sandbox; the same for every account but for the named ones. */
export interface Community {
  /** Base 36, without `t5_`. */
  id: string
  name: string
  title: string
  type: 'public' | 'restricted' | 'private'
  accepts: 'any' | 'link' | 'self'
  /** Handles that may post in a restricted or read a private one. */
  contributors: readonly string[]
  moderators: readonly string[]
  /** `everyone` is what a test of the ban needs: any account meets it. */
  banned?: 'everyone'
  /** Empty where flair is off. */
  flairs: readonly { id: string; text: string }[]
  rules: readonly { name: string; text: string; kind: 'all' | 'link' | 'comment' }[]
  requirements: Record<string, unknown>
}

const PLAIN: Omit<Community, 'id' | 'name' | 'title'> = {
  type: 'public',
  accepts: 'any',
  contributors: [],
  moderators: [],
  flairs: [],
  rules: [],
  requirements: {},
}

/** Each but the first has a rule of its own. */
export const COMMUNITIES: readonly Community[] = [
  {
    ...PLAIN,
    id: '2sbx1',
    name: 'clarion_sandbox',
    title: 'Anything goes',
    moderators: ['alice'],
    rules: [{ name: 'Be kind', text: 'Remember the human.', kind: 'all' }],
  },
  {
    ...PLAIN,
    id: '2sbx2',
    name: 'flair_first',
    title: 'Every post has flair',
    flairs: [
      { id: 'a1b2c3d4-0000-4000-8000-000000000001', text: 'Question' },
      { id: 'a1b2c3d4-0000-4000-8000-000000000002', text: 'News' },
    ],
    rules: [{ name: 'Flair your post', text: 'Posts without flair are removed.', kind: 'link' }],
    requirements: { is_flair_required: true },
  },
  {
    ...PLAIN,
    id: '2sbx3',
    name: 'members_only_posts',
    title: 'Approved users post',
    type: 'restricted',
    contributors: ['bob'],
  },
  { ...PLAIN, id: '2sbx4', name: 'you_are_banned', title: 'Banned', banned: 'everyone' },
  {
    ...PLAIN,
    id: '2sbx5',
    name: 'links_only',
    title: 'Links only',
    accepts: 'link',
    rules: [{ name: 'No reposts', text: 'One link, one post.', kind: 'link' }],
    requirements: {
      body_restriction_policy: 'notAllowed',
      domain_blacklist: ['spam.example'],
      link_restriction_policy: 'blacklist',
      link_repost_age: 30,
    },
  },
  {
    ...PLAIN,
    id: '2sbx6',
    name: 'text_only',
    title: 'Words only',
    accepts: 'self',
    requirements: {
      body_restriction_policy: 'required',
      body_text_min_length: 20,
      title_text_min_length: 10,
      title_text_max_length: 100,
      title_required_strings: ['[OC]'],
      title_blacklisted_strings: ['upvote'],
    },
  },
  {
    ...PLAIN,
    id: '2sbx7',
    name: 'carols_den',
    title: 'A private place',
    type: 'private',
    contributors: ['carol'],
    moderators: ['carol'],
  },
]

/** Names are case-insensitive, with or without `r/`. */
export function findCommunity(name: string): Community | undefined {
  return COMMUNITIES.find((one) => one.name.toLowerCase() === name.toLowerCase())
}

export function isContributor(community: Community, handle: string): boolean {
  return community.contributors.includes(handle) || isModerator(community, handle)
}

export function isModerator(community: Community, handle: string): boolean {
  return community.moderators.includes(handle)
}

/** Everybody has subscribed to whatever they may read. */
export function canRead(community: Community, handle: string): boolean {
  return community.type !== 'private' || isContributor(community, handle)
}
