import { z } from 'zod'
import { PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Media } from '../../domain/media.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Connector, Draft, Looked, PublishedRef } from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeYoutubeAuthorizer } from './auth.ts'
import { readYoutube, writeYoutube } from './client.ts'
import { COMMENT, commitComment } from './comment.ts'
import { makeYoutubeConfirm } from './confirm.ts'
import { commitExtra, EXTRA, extrasOf } from './extras.ts'
import { validateYoutube, YOUTUBE_LIMITS, youtubeSettings } from './limits.ts'
import { permalinkOf } from './permalink.ts'
import { CHUNK_BYTES, prepareVideo, sendLastChunk } from './upload.ts'

/** `chunkBytes`: a multiple of 256 KiB. */
export function makeYoutubeConnector(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
  chunkBytes = CHUNK_BYTES,
): Connector {
  return {
    platform: 'youtube',
    limits: YOUTUBE_LIMITS,
    kinds: ['video', 'short'],
    auth: makeYoutubeAuthorizer(hosts),
    settingsSchema: describeSettings(youtubeSettings),
    validate: validateYoutube,
    extras: extrasOf,
    prepare: async (draft, access, call, bench) =>
      draft.role === 'post'
        ? prepareVideo({ hosts, draft, file: videoOf(draft), access, call, bench }, chunkBytes)
        : { state: {} },
    commit: (draft, access, call, prepared) => {
      if (draft.role === 'extra') return commitExtra(hosts, draft, access, call)
      if (draft.role === 'post') return sendLastChunk(hosts, draft, access, call, prepared)
      return commitComment(hosts, draft, access, call)
    },
    confirm: makeYoutubeConfirm(hosts, timing),
    remove: (post, access, call) => remove(hosts, post, access, call),
    lookup: (post, access, call) => lookup(hosts, post, access, call),
    whereToCheck: (handle) =>
      `Look at the newest videos of @${handle.replace(/^@/, '')} in YouTube Studio.`,
  }
}

function videoOf({ media: [file] }: Draft): Media {
  if (file) return file
  throw rejected({ code: 'media_required', message: 'YouTube takes no post without a video.' })
}

/** https://developers.google.com/youtube/v3/docs/videos/delete (50 units) */
async function remove(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<void> {
  if (post.metadata?.kind === EXTRA.kind) return
  const path = post.metadata?.kind === COMMENT.kind ? 'comments' : 'videos'
  const request = { method: 'DELETE' as const, path, query: { id: post.platformPostId } }
  try {
    await writeYoutube(hosts, request, access, call)
  } catch (error) {
    if (error instanceof PlatformFailure && error.code === 'youtube_not_found') return
    throw error
  }
}

const videosSchema = z.object({
  items: z.array(z.object({ status: z.object({ uploadStatus: z.string() }) })).default([]),
})

/** The owner sees private videos too; one that is not listed was deleted. */
async function lookup(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<Looked> {
  if (post.metadata?.kind !== undefined) return { state: 'unknown' }
  const query = { part: 'status', id: post.platformPostId }
  const read = await readYoutube(hosts, { path: 'videos', query }, videosSchema, access, call)
  const status = read.items[0]?.status.uploadStatus
  if (status === undefined || ['rejected', 'deleted', 'failed'].includes(status)) {
    return { state: 'removed' }
  }
  const permalink = post.permalink ?? permalinkOf(hosts, post.platformPostId, false)
  return { state: 'live', permalink }
}
