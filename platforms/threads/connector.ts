import { rejected } from '../../domain/failures.ts'
import type { Call, PlatformHosts } from '../call.ts'
import type { Accepted, Committed, Connector, Draft, Prepared } from '../connector.ts'
import {
  askAs,
  createdSchema,
  lookObject,
  type MetaAccount,
  permalinkOf,
  removeObject,
} from '../meta/account.ts'
import { prepareContainers, readContainers } from '../meta/containers.ts'
import { makePatience } from '../meta/patience.ts'
import { checkQuota, type QuotaPlace } from '../meta/quota.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { threadsAccount } from './account.ts'
import { makeThreadsAuthorizer } from './auth.ts'
import { makeThreadsConfirm } from './confirm.ts'
import { tagNotes, threadsRecipe } from './containers.ts'
import { THREADS_LIMITS, threadsSettings, validateThreads } from './limits.ts'

export function makeThreadsConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'threads',
    limits: THREADS_LIMITS,
    kinds: ['text', 'link', 'image', 'video', 'carousel', 'poll', 'thread'],
    auth: makeThreadsAuthorizer(hosts),
    settingsSchema: describeSettings(threadsSettings),
    validate: validateThreads,
    prepare: async (draft, access, call, bench) => {
      const account = threadsAccount(hosts, access)
      if (readContainers(bench.prepared).container === undefined) {
        await checkQuota(account, quotaOf(draft), call)
      }
      const { wait } = makePatience(account.graph.names, bench)
      return prepareContainers(threadsRecipe(account, draft, call, wait), bench)
    },
    commit: (_draft, access, call, prepared) =>
      commit(threadsAccount(hosts, access), prepared, call),
    confirm: makeThreadsConfirm(hosts, timing),
    remove: (post, access, call) =>
      removeObject(threadsAccount(hosts, access), post.platformPostId, call),
    lookup: (post, access, call) =>
      lookObject(threadsAccount(hosts, access), post.platformPostId, call),
    whereToCheck: (handle) =>
      `Look at the newest posts and replies of @${handle.replace(/^@/, '')} on Threads.`,
  }
}

/** Replies have a quota of their own: https://developers.facebook.com/docs/threads/overview */
function quotaOf({ role }: Draft): QuotaPlace {
  const path = '/me/threads_publishing_limit'
  if (role === 'post') return { path, usage: 'quota_usage', config: 'config' }
  return { path, usage: 'reply_quota_usage', config: 'reply_config' }
}

/** https://developers.facebook.com/docs/threads/posts */
async function commit(
  account: MetaAccount,
  prepared: Prepared | undefined,
  call: Call,
): Promise<Committed | Accepted> {
  const state = readContainers(prepared)
  const { container, published } = state
  if (container === undefined) {
    throw rejected({ code: 'threads_not_prepared', message: 'The post was not prepared.' })
  }
  // An earlier try did it after all: sending again could only harm.
  if (published) return { accepted: { container } }
  const { id } = await askAs(
    account,
    {
      method: 'POST',
      path: `/${account.id}/threads_publish`,
      form: { creation_id: container },
      effect: 'irreversible',
    },
    createdSchema,
    call,
  )
  return { platformPostId: id, permalink: await permalinkOf(account, id, call), ...tagNotes(state) }
}
