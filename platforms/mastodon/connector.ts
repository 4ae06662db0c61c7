import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Committed, Connector, Draft, PublishedRef } from '../connector.ts'
import { describeSettings, parseSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeMastodonAuthorizer } from './auth.ts'
import { askInstance, instanceOf } from './client.ts'
import { makeMastodonConfirm } from './confirm.ts'
import { MASTODON_DIALECT } from './errors.ts'
import { MASTODON_LIMITS, mastodonSettings, validateMastodon } from './limits.ts'
import { mastodonPost, statusSchema } from './status.ts'

/** The server meant when a person names none: https://joinmastodon.org/servers */
export const MASTODON_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://mastodon.social',
  authBaseUrl: 'https://mastodon.social',
}

export function makeMastodonConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'mastodon',
    limits: MASTODON_LIMITS,
    auth: makeMastodonAuthorizer(hosts),
    settingsSchema: describeSettings(mastodonSettings),
    validate: validateMastodon,
    commit: (draft, access, call) => commit(hosts, draft, access, call),
    confirm: makeMastodonConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    whereToCheck: (handle) =>
      `Look at the newest posts of @${handle.replace(/^@/, '')} on its Mastodon server.`,
  }
}

/**
 * https://docs.joinmastodon.org/methods/statuses/#create. The key makes servers return the first
 * post for an hour; some ignore it, so it is a second net and no licence to send again.
 */
async function commit(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Committed> {
  const settings = parseSettings(mastodonSettings, draft.settings)
  const answer = await askInstance(
    instanceOf(hosts, access.serviceUrl),
    {
      method: 'POST',
      path: '/api/v1/statuses',
      token: access.accessToken,
      headers: { 'idempotency-key': draft.idempotencyKey },
      json: { status: draft.text, ...settings },
    },
    call,
    'irreversible',
  )
  return mastodonPost(readJson(MASTODON_DIALECT, answer, statusSchema, 'irreversible'))
}

/** https://docs.joinmastodon.org/methods/statuses/#delete; gone already counts as removed. */
async function remove(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  const path = `/api/v1/statuses/${encodeURIComponent(post.platformPostId)}`
  const request = { method: 'DELETE' as const, path, token: access.accessToken }
  try {
    await askInstance(instanceOf(hosts, access.serviceUrl), request, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'mastodon_not_found') return
    throw error
  }
}
