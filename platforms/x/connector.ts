import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Committed, Connector, Draft, PublishedRef } from '../connector.ts'
import { describeSettings, parseSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeXAuthorizer } from './auth.ts'
import { makeXConfirm } from './confirm.ts'
import { X_DIALECT } from './errors.ts'
import { validateX, X_LIMITS, xSettings } from './limits.ts'
import { xPost } from './permalink.ts'
import { askX } from './request.ts'

/** https://docs.x.com/x-api/introduction */
export const X_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://api.x.com',
  authBaseUrl: 'https://x.com',
  webBaseUrl: 'https://x.com',
}

const createdSchema = z.object({ data: z.object({ id: z.string().regex(/^[0-9]{1,19}$/) }) })

export function makeXConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'x',
    limits: X_LIMITS,
    auth: makeXAuthorizer(hosts),
    settingsSchema: describeSettings(xSettings),
    validate: validateX,
    commit: (draft, access, call) => commit(hosts, draft, access, call),
    confirm: makeXConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    whereToCheck: (handle) => `Look at the newest posts of @${handle} on X.`,
  }
}

/** https://docs.x.com/x-api/posts/create-post */
async function commit(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Committed> {
  const url = urlBelow(hosts.apiBaseUrl, '/2/tweets')
  const json = { text: draft.text, ...parseSettings(xSettings, draft.settings) }
  const answer = await askX({ method: 'POST', url, json }, access, call, 'irreversible')
  const { data } = readJson(X_DIALECT, answer, createdSchema, 'irreversible')
  return xPost(hosts, access, data.id)
}

/** https://docs.x.com/x-api/posts/delete-post; a post that is gone already counts as removed. */
async function remove(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  const id = encodeURIComponent(post.platformPostId)
  const url = urlBelow(hosts.apiBaseUrl, `/2/tweets/${id}`)
  try {
    await askX({ method: 'DELETE', url }, access, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.httpStatus === 404) return
    throw error
  }
}
