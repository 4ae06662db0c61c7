import { z } from 'zod'
import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import { urlBelow } from '../base-url.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Committed, Connector, Draft, Looked, PublishedRef } from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeXAuthorizer } from './auth.ts'
import { makeXConfirm } from './confirm.ts'
import { X_DIALECT } from './errors.ts'
import { validateX, X_LIMITS } from './limits.ts'
import { xPost } from './permalink.ts'
import { postBody, warningsOf } from './post-body.ts'
import { prepareX } from './prepare.ts'
import { askX } from './request.ts'
import { xSettings } from './settings.ts'
import type { Uploader } from './upload.ts'
import { usableUploads, type XUpload } from './upload-state.ts'

/** https://docs.x.com/x-api/introduction */
export const X_HOSTS: PlatformHosts = {
  apiBaseUrl: 'https://api.x.com',
  authBaseUrl: 'https://x.com',
  webBaseUrl: 'https://x.com',
}

const KINDS = ['text', 'link', 'image', 'album', 'gif', 'video', 'poll', 'thread', 'reply', 'quote']

const createdSchema = z.object({ data: z.object({ id: z.string().regex(/^[0-9]{1,19}$/) }) })
/** A post that is gone answers 200 with errors: https://docs.x.com/x-api/posts/get-post-by-id */
const lookupSchema = z.object({
  data: z.object({ id: z.string() }).optional(),
  errors: z.array(z.object({ type: z.string().optional() })).optional(),
})

export function makeXConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'x',
    limits: X_LIMITS,
    kinds: KINDS,
    auth: makeXAuthorizer(hosts),
    settingsSchema: describeSettings(xSettings),
    validate: validateX,
    prepare: (draft, access, call, bench) =>
      prepareX(draft, { hosts, access, call }, bench, timing.now),
    commit: async (draft, access, call, prepared) => {
      const uploads = draft.media.length > 0 ? usableUploads(draft, prepared, timing.now()) : []
      return commit({ hosts, access, call }, draft, uploads)
    },
    confirm: makeXConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    lookup: (post, access, call) => lookUp(hosts, post, access, call),
    whereToCheck: (handle) => `Look at the newest posts of @${handle} on X.`,
  }
}

/** https://docs.x.com/x-api/posts/create-post */
async function commit(
  { hosts, access, call }: Uploader,
  draft: Draft,
  uploads: readonly XUpload[],
): Promise<Committed> {
  const url = urlBelow(hosts.apiBaseUrl, '/2/tweets')
  const json = postBody(draft, uploads)
  const answer = await askX({ method: 'POST', url, json }, access, call, 'irreversible')
  const { data } = readJson(X_DIALECT, answer, createdSchema, 'irreversible')
  return xPost(hosts, access, data.id, warningsOf(draft))
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
    if (isNotFound(error)) return
    throw error
  }
}

/** https://docs.x.com/x-api/posts/get-post-by-id */
async function lookUp(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<Looked> {
  const url = urlBelow(hosts.apiBaseUrl, `/2/tweets/${encodeURIComponent(post.platformPostId)}`)
  try {
    const answer = await askX({ method: 'GET', url }, access, call)
    const { data, errors = [] } = readJson(X_DIALECT, answer, lookupSchema)
    if (data) return { state: 'live', permalink: xPost(hosts, access, data.id).permalink }
    const isGone = errors.some(({ type }) => type?.endsWith('/resource-not-found'))
    return { state: isGone ? 'removed' : 'unknown' }
  } catch (error) {
    if (isNotFound(error)) return { state: 'removed' }
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof PlatformFailure && error.httpStatus === 404
}
