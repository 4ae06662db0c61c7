import { PlatformFailure } from '../../domain/failures.ts'
import { readJson } from '../ask.ts'
import type { PlatformHosts } from '../call.ts'
import type { Committed, Connector, Draft, Looked, Prepared, PublishedRef } from '../connector.ts'
import type { MediaSource } from '../media.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makePinterestAuthorizer } from './auth.ts'
import { askPinterest, type PinterestCall } from './client.ts'
import { makePinterestConfirm } from './confirm.ts'
import { PIN_NOT_FOUND, PINTEREST_DIALECT } from './errors.ts'
import { PINTEREST_LIMITS, pinterestSettings, validatePinterest } from './limits.ts'
import { pinOf, pinSchema, pinterestPost } from './pins.ts'
import { prepareVideo } from './upload.ts'

export function makePinterestConnector(hosts: PlatformHosts, timing: ConfirmTiming): Connector {
  return {
    platform: 'pinterest',
    limits: PINTEREST_LIMITS,
    kinds: ['image', 'album', 'video'],
    auth: makePinterestAuthorizer(hosts),
    settingsSchema: describeSettings(pinterestSettings),
    validate: validatePinterest,
    prepare: (draft, access, call, bench) => prepareVideo({ hosts, access, call }, draft, bench),
    commit: (draft, access, call, prepared) =>
      commit({ hosts, access, call }, draft, call.media, prepared),
    confirm: makePinterestConfirm(hosts, timing),
    remove: (post, access, call) => remove({ hosts, access, call }, post),
    lookup: (post, access, call) => lookup({ hosts, access, call }, post),
    whereToCheck: (handle) => `Look at the newest Pins of ${handle} on Pinterest.`,
  }
}

/** https://developers.pinterest.com/docs/api/v5/pins-create/ */
async function commit(
  at: PinterestCall,
  draft: Draft,
  media: MediaSource,
  prepared: Prepared | undefined,
): Promise<Committed> {
  const json = pinOf(draft, media, prepared)
  const request = { method: 'POST' as const, path: '/pins', json }
  const answer = await askPinterest(at, request, 'irreversible')
  const { id } = readJson(PINTEREST_DIALECT, answer, pinSchema, 'irreversible')
  return pinterestPost(at.hosts, id)
}

/** https://developers.pinterest.com/docs/api/v5/pins-delete/; gone already counts as removed. */
async function remove(at: PinterestCall, post: PublishedRef): Promise<void> {
  try {
    await askPinterest(at, { method: 'DELETE', path: pathOf(post) })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** https://developers.pinterest.com/docs/api/v5/pins-get/ */
async function lookup(at: PinterestCall, post: PublishedRef): Promise<Looked> {
  try {
    const answer = await askPinterest(at, { method: 'GET', path: pathOf(post) })
    const { id } = readJson(PINTEREST_DIALECT, answer, pinSchema)
    return { state: 'live', permalink: pinterestPost(at.hosts, id).permalink }
  } catch (error) {
    if (isGone(error)) return { state: 'removed' }
    throw error
  }
}

function pathOf({ platformPostId }: PublishedRef): string {
  return `/pins/${encodeURIComponent(platformPostId)}`
}

function isGone(error: unknown): boolean {
  return error instanceof PlatformFailure && error.code === PIN_NOT_FOUND
}
