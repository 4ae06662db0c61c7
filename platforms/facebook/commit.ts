import { z } from 'zod'
import { type PlatformFailure, rejected } from '../../domain/failures.ts'
import type { Call } from '../call.ts'
import type { Accepted, Committed, Draft, Prepared } from '../connector.ts'
import { askAs, createdSchema, permalinkOf } from '../meta/account.ts'
import { metaId } from '../meta/fields.ts'
import type { Fields } from '../meta/graph.ts'
import type { PageAccount } from './account.ts'
import {
  formOf,
  type PostForm,
  readState,
  settingsOf,
  storyNotes,
  type VideoState,
} from './state.ts'

/** The one call that publishes. */
export async function commitToPage(
  account: PageAccount,
  draft: Draft,
  prepared: Prepared | undefined,
  call: Call,
): Promise<Committed | Accepted> {
  const form = formOf(draft)
  const { photos, video } = readState(prepared)
  switch (form) {
    case 'comment':
      return comment(account, draft, call)
    case 'feed':
      return post(account, draft, photos, call)
    case 'photo_story':
      return photoStory(account, draft, photos, call)
    default:
      return finish(account, draft, { form, video }, call)
  }
}

/** https://developers.facebook.com/docs/pages-api/posts */
async function post(
  account: PageAccount,
  draft: Draft,
  photos: readonly string[],
  call: Call,
): Promise<Committed> {
  if (photos.length < draft.media.length) throw notPrepared()
  const attached = photos.map((id) => ({ media_fbid: id }))
  const { id } = await send(
    account,
    `/${account.id}/feed`,
    {
      message: draft.text === '' ? undefined : draft.text,
      link: settingsOf(draft).link,
      attached_media: attached.length > 0 ? JSON.stringify(attached) : undefined,
    },
    createdSchema,
    call,
  )
  return { platformPostId: id, permalink: await permalinkOf(account, id, call) }
}

/** https://developers.facebook.com/docs/graph-api/reference/object/comments */
async function comment(account: PageAccount, { root, text }: Draft, call: Call) {
  const path = `/${root?.metadata?.video_id ?? root?.platformPostId}/comments`
  const { id } = await send(account, path, { message: text }, createdSchema, call)
  return { platformPostId: id, permalink: null }
}

const storySchema = z.object({ success: z.literal(true), post_id: metaId })

/** https://developers.facebook.com/docs/page-stories-api#photo-stories */
async function photoStory(
  account: PageAccount,
  draft: Draft,
  [photo]: readonly string[],
  call: Call,
): Promise<Committed> {
  if (photo === undefined) throw notPrepared()
  const path = `/${account.id}/photo_stories`
  const { post_id: id } = await send(account, path, { photo_id: photo }, storySchema, call)
  const permalink = await permalinkOf(account, id, call)
  return { platformPostId: id, permalink, ...storyNotes(draft) }
}

const finishedSchema = z.object({
  success: z.literal(true),
  post_id: metaId.or(z.string().regex(/^\d+_\d+$/)).optional(),
})

/** Facebook publishes a video once it has processed it, which `confirm` watches. */
async function finish(
  account: PageAccount,
  draft: Draft,
  { form, video }: { form: PostForm; video: VideoState | undefined },
  call: Call,
): Promise<Accepted> {
  if (video === undefined) throw notPrepared()
  const accepted = { video_id: video.videoId }
  // An earlier try did it after all: sending again could only harm.
  if (video.finished) return { accepted }
  const path = `/${account.id}/${EDGES[form] ?? 'videos'}`
  const fields = { upload_phase: 'finish', ...finishFields(draft, form, video) }
  const { post_id: postId } = await send(account, path, fields, finishedSchema, call)
  return { accepted: { ...accepted, ...(postId ? { post_id: postId } : {}) } }
}

const EDGES: Partial<Record<PostForm, string>> = {
  video: 'videos',
  reel: 'video_reels',
  video_story: 'video_stories',
}

function finishFields(draft: Draft, form: PostForm, video: VideoState): Fields {
  if (form === 'video_story') return { video_id: video.videoId }
  const words = {
    description: draft.text === '' ? undefined : draft.text,
    title: settingsOf(draft).title,
  }
  if (form === 'reel') return { video_id: video.videoId, video_state: 'PUBLISHED', ...words }
  return { upload_session_id: video.sessionId, published: 'true', ...words }
}

function send<Schema extends z.ZodType>(
  account: PageAccount,
  path: string,
  form: Fields,
  schema: Schema,
  call: Call,
): Promise<z.output<Schema>> {
  return askAs(account, { method: 'POST', path, form, effect: 'irreversible' }, schema, call)
}

function notPrepared(): PlatformFailure {
  return rejected({ code: 'facebook_not_prepared', message: 'The files were not uploaded.' })
}
