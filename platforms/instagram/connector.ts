import { rejected } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Accepted, Committed, Connector, Draft, Prepared, PublishedRef } from '../connector.ts'
import {
  askAs,
  createdSchema,
  lookObject,
  type MetaAccount,
  permalinkOf,
  removeObject,
} from '../meta/account.ts'
import { prepareContainers, readContainers } from '../meta/containers.ts'
import { checkQuota, type QuotaPlace } from '../meta/quota.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { type InstagramHosts, instagramAccount, isOwnLogin } from './account.ts'
import { makeInstagramConfirm } from './confirm.ts'
import { instagramRecipe, storyNotes } from './containers.ts'
import { makeFacebookLoginAuthorizer } from './facebook-login.ts'
import { INSTAGRAM_LIMITS, instagramSettings, validateInstagram } from './limits.ts'

const CANNOT_DELETE =
  'Instagram lets apps delete posts only of accounts that were connected through a Facebook Page. Delete it in the Instagram app, or connect the account by Facebook.'

/** Accounts behind a Page publish at Facebook's host, those of the own login at Instagram's. */
export function makeInstagramConnector(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
  facebookHosts: PlatformHosts,
): Connector {
  const both: InstagramHosts = { instagram: hosts, facebook: facebookHosts }
  return {
    platform: 'instagram',
    limits: INSTAGRAM_LIMITS,
    kinds: ['image', 'carousel', 'reel', 'story'],
    auth: makeFacebookLoginAuthorizer(facebookHosts),
    settingsSchema: describeSettings(instagramSettings),
    validate: validateInstagram,
    prepare: async (draft, access, call, bench) => {
      if (draft.role === 'comment') return { state: {} }
      const account = instagramAccount(both, access)
      if (readContainers(bench.prepared).container === undefined) {
        await checkQuota(account, quotaOf(account), call)
      }
      return prepareContainers(instagramRecipe(account, draft, call), bench)
    },
    commit: (draft, access, call, prepared) =>
      commit(instagramAccount(both, access), draft, prepared, call),
    confirm: makeInstagramConfirm(both, timing),
    remove: (post, access, call) => remove(both, post, access, call),
    removalProblem: (account) => (isOwnLogin(account) ? CANNOT_DELETE : undefined),
    lookup: (post, access, call) =>
      lookObject(instagramAccount(both, access), post.platformPostId, call),
    whereToCheck: (handle) =>
      `Look at the profile of @${handle.replace(/^@/, '')} on Instagram, and at its stories.`,
  }
}

/**
 * What an account may post differs, and the documents disagree, so Instagram is asked.
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/content_publishing_limit
 */
function quotaOf({ id }: MetaAccount): QuotaPlace {
  return { path: `/${id}/content_publishing_limit`, usage: 'quota_usage', config: 'config' }
}

async function commit(
  account: MetaAccount,
  draft: Draft,
  prepared: Prepared | undefined,
  call: Call,
): Promise<Committed | Accepted> {
  if (draft.role === 'comment') return comment(account, draft, call)
  const { container, published } = readContainers(prepared)
  if (container === undefined) {
    throw rejected({ code: 'instagram_not_prepared', message: 'The post was not prepared.' })
  }
  // An earlier try did it after all: sending again could only harm.
  if (published) return { accepted: { container } }
  const { id } = await askAs(
    account,
    {
      method: 'POST',
      path: `/${account.id}/media_publish`,
      form: { creation_id: container },
      effect: 'irreversible',
    },
    createdSchema,
    call,
  )
  const permalink = await permalinkOf(account, id, call)
  return { platformPostId: id, permalink, ...storyNotes(draft) }
}

/** Instagram creates a comment and then fails the call when `fields` is among its parameters. */
async function comment(account: MetaAccount, draft: Draft, call: Call): Promise<Committed> {
  const path = `/${draft.root?.platformPostId}/comments`
  const form = { message: draft.text }
  const asked = { method: 'POST' as const, path, form, effect: 'irreversible' as const }
  const { id } = await askAs(account, asked, createdSchema, call)
  return { platformPostId: id, permalink: null, metadata: { part: 'comment' } }
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media#delete */
async function remove(
  hosts: InstagramHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  if (isOwnLogin(access) && post.metadata?.part !== 'comment') {
    throw rejected({ code: 'platform_unsupported', message: CANNOT_DELETE })
  }
  await removeObject(instagramAccount(hosts, access), post.platformPostId, call)
}
