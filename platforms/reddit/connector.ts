import { z } from 'zod'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Connector, Looked, PublishedRef } from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeRedditAuthorizer } from './auth.ts'
import { readReddit, writeReddit } from './client.ts'
import { makeRedditConfirm } from './confirm.ts'
import { REDDIT_LIMITS, redditSettings, validateReddit } from './limits.ts'
import { preparePost } from './prepare.ts'
import { comment, submit, webUrl } from './submit.ts'

export function makeRedditConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'reddit',
    limits: REDDIT_LIMITS,
    kinds: ['text', 'link', 'image', 'gif', 'album', 'video'],
    auth: makeRedditAuthorizer(hosts),
    settingsSchema: describeSettings(redditSettings),
    validate: validateReddit,
    prepare: async (draft, access, call, bench) =>
      draft.role === 'post' ? preparePost({ hosts, draft, access, call, bench }) : { state: {} },
    commit: (draft, access, call, prepared) =>
      draft.role === 'post'
        ? submit(hosts, draft, access, call, prepared)
        : comment(hosts, draft, access, call),
    confirm: makeRedditConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    lookup: (post, access, call) => lookup(hosts, post, access, call),
    whereToCheck: (handle) =>
      `Look at the newest posts and comments of u/${handle.replace(/^\/?u\//, '')} on Reddit.`,
  }
}

/** https://www.reddit.com/dev/api/#POST_api_del; says yes to what is gone already. */
async function remove(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  const form = new URLSearchParams({ id: post.platformPostId })
  await writeReddit(hosts, { path: '/api/del', form }, z.unknown(), access, { call })
}

const infoSchema = z.object({
  data: z.object({
    children: z.array(
      z.object({
        data: z.object({
          permalink: z.string().optional(),
          author: z.string().nullish(),
          removed_by_category: z.string().nullish(),
        }),
      }),
    ),
  }),
})

/** https://www.reddit.com/dev/api/#GET_api_info; ids that are not known are left out. */
async function lookup(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<Looked> {
  const query = { id: post.platformPostId }
  const { data } = await readReddit(hosts, '/api/info', query, infoSchema, access, call)
  const thing = data.children[0]?.data
  const isGone = thing === undefined || thing.author === '[deleted]' || thing.removed_by_category
  if (isGone) return { state: 'removed' }
  const permalink = thing.permalink ? webUrl(hosts, thing.permalink) : (post.permalink ?? null)
  return { state: 'live', permalink }
}
