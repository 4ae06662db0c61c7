import { z } from 'zod'
import { rejected } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type {
  Accepted,
  Connector,
  Draft,
  Looked,
  Prepared,
  PublishCall,
  PublishedRef,
  Workbench,
} from '../connector.ts'
import { describeSettings } from '../settings.ts'
import type { ConfirmTiming } from '../timing.ts'
import { makeTiktokAuthorizer } from './auth.ts'
import { makeTiktokConfirm } from './confirm.ts'
import { isPhotoPost, TIKTOK_LIMITS, tiktokSettings, validateTiktok } from './limits.ts'
import { isInbox, photoPost, readCreator } from './post.ts'
import { askTiktok } from './request.ts'
import { CHUNK_BYTES, prepareVideo, sendLastChunk } from './upload.ts'

/** TikTok lets apps delete nothing, so there is no `remove`. */
export function makeTiktokConnector(
  hosts: PlatformHosts,
  timing: ConfirmTiming,
  chunkBytes = CHUNK_BYTES,
): Connector {
  return {
    platform: 'tiktok',
    limits: TIKTOK_LIMITS,
    kinds: ['video', 'image', 'album'],
    auth: makeTiktokAuthorizer(hosts),
    settingsSchema: describeSettings(tiktokSettings),
    validate: validateTiktok,
    prepare: (draft, access, call, bench) =>
      isPhotoPost(draft.media)
        ? preparePhotos({ hosts, draft, access, call, bench })
        : prepareVideo({ hosts, draft, file: videoOf(draft), access, call, bench }, chunkBytes),
    commit: (draft, access, call, prepared) =>
      isPhotoPost(draft.media)
        ? commitPhotos(hosts, draft, access, call)
        : commitVideo(draft, call, prepared),
    confirm: makeTiktokConfirm(hosts, timing),
    lookup: (post, access, call) => lookup(hosts, post, access, call),
    whereToCheck: (handle) =>
      `Look at the newest posts of @${handle.replace(/^@/, '')} on TikTok and at the inbox in its app.`,
  }
}

function videoOf({ media: [file] }: Draft) {
  if (file) return file
  throw rejected({ code: 'media_required', message: 'TikTok takes no post without a file.' })
}

/** Photos are fetched by TikTok: there is nothing to upload, only the creator to be asked. */
async function preparePhotos(context: {
  hosts: PlatformHosts
  draft: Draft
  access: Access
  call: PublishCall
  bench: Workbench
}): Promise<Prepared> {
  const { hosts, draft, access, call, bench } = context
  if (bench.prepared) return bench.prepared
  const creator = isInbox(draft) ? undefined : await readCreator(hosts, draft, access, call)
  const username = creator?.creator_username
  const prepared = { state: { kind: 'photos', ...(username ? { username } : {}) } }
  await bench.save(prepared)
  return prepared
}

const initSchema = z.object({ data: z.object({ publish_id: z.string().min(1) }) })

async function commitPhotos(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: PublishCall,
): Promise<Accepted> {
  const request = { path: '/v2/post/publish/content/init/', json: photoPost(draft, call) }
  const effect = 'irreversible' as const
  const { data } = await askTiktok(hosts, request, initSchema, access, { call, effect })
  return { accepted: { publish_id: data.publish_id } }
}

async function commitVideo(
  draft: Draft,
  call: PublishCall,
  prepared: Prepared | undefined,
): Promise<Accepted> {
  const { publish_id } = await sendLastChunk(draft, call, prepared)
  return { accepted: { publish_id } }
}

const querySchema = z.object({
  data: z.object({ videos: z.array(z.object({ share_url: z.string().nullish() })).default([]) }),
})

/** https://developers.tiktok.com/doc/tiktok-api-v2-video-query; publish ids are not known to it. */
async function lookup(
  hosts: PlatformHosts,
  post: PublishedRef,
  access: Access,
  call: Call,
): Promise<Looked> {
  if (!/^\d+$/.test(post.platformPostId)) return { state: 'unknown' }
  const request = {
    path: '/v2/video/query/',
    query: { fields: 'id,share_url' },
    json: { filters: { video_ids: [post.platformPostId] } },
  }
  const { data } = await askTiktok(hosts, request, querySchema, access, { call })
  const [video] = data.videos
  if (video === undefined) return { state: 'removed' }
  return { state: 'live', permalink: video.share_url || (post.permalink ?? null) }
}
