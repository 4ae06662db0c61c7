import { z } from 'zod'
import { rejected, transient } from '../../domain/failures.ts'
import type { Access, Call, PlatformHosts } from '../call.ts'
import type { Accepted, Committed, Draft, Prepared } from '../connector.ts'
import { parseSettings } from '../settings.ts'
import { writeReddit } from './client.ts'
import { kindOf, type RedditSettings, redditSettings, subredditOf } from './limits.ts'
import { type RedditState, readState } from './state.ts'

const effect = 'irreversible' as const

/** Pictures and videos are answered without an id. */
const submittedSchema = z.object({
  json: z.object({
    data: z.object({
      id: z.string().optional(),
      name: z.string().optional(),
      url: z.string().optional(),
    }),
  }),
})

/** https://www.reddit.com/dev/api/#POST_api_submit */
export async function submit(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
  prepared: Prepared | undefined,
): Promise<Committed | Accepted> {
  const settings = parseSettings(redditSettings, draft.settings)
  const kind = kindOf(draft)
  const state = readState(prepared)
  const request =
    kind === 'gallery'
      ? { path: '/api/submit_gallery_post.json', json: galleryOf(draft, settings, state) }
      : { path: '/api/submit', form: formOf(draft, settings, state) }
  const { json } = await writeReddit(hosts, request, submittedSchema, access, { call, effect })
  const { id, name, url } = json.data
  const known = name || id
  if (!known) return { accepted: { kind } }
  const fullname = fullnameOf(known, 't3')
  return { platformPostId: fullname, permalink: url ?? permalinkOf(hosts, settings, fullname) }
}

function formOf(
  draft: Draft,
  settings: RedditSettings,
  state: RedditState | undefined,
): URLSearchParams {
  const kind = kindOf(draft)
  const asset = state?.assets[0]
  if ((kind === 'image' || kind === 'video') && asset === undefined) throw notUploaded()
  const form = new URLSearchParams()
  const fields: Record<string, unknown> = {
    api_type: 'json',
    sr: subredditOf(settings),
    kind,
    title: settings.title,
    text: draft.text || undefined,
    url: settings.link ?? asset?.url,
    video_poster_url: state?.poster?.url,
    // A person who schedules a link again means it; what is ours is kept apart by the ledger.
    resubmit: true,
    validate_on_submit: true,
    ...flagsOf(settings),
  }
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.set(name, String(value))
  }
  if (kind === 'self' && draft.text === '') form.set('text', '')
  return form
}

/** Not in the API's reference; as https://praw.readthedocs.io/en/stable sends it. */
function galleryOf(
  draft: Draft,
  settings: RedditSettings,
  state: RedditState | undefined,
): Record<string, unknown> {
  if (state?.assets.length !== draft.media.length) throw notUploaded()
  return {
    api_type: 'json',
    sr: subredditOf(settings),
    title: settings.title,
    ...(draft.text ? { text: draft.text } : {}),
    items: state.assets.map(({ asset_id }) => ({
      media_id: asset_id,
      caption: '',
      outbound_url: '',
    })),
    show_error_list: true,
    validate_on_submit: true,
    ...flagsOf(settings),
  }
}

function flagsOf({ flair_id, flair_text, nsfw, spoiler, sendreplies }: RedditSettings) {
  const flags = { flair_id, flair_text, nsfw, spoiler, sendreplies }
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
}

const commentSchema = z.object({
  json: z.object({
    data: z.object({
      things: z.tuple([
        z.object({ data: z.object({ id: z.string().min(1), permalink: z.string().optional() }) }),
      ]),
    }),
  }),
})

/** https://www.reddit.com/dev/api/#POST_api_comment */
export async function comment(
  hosts: PlatformHosts,
  draft: Draft,
  access: Access,
  call: Call,
): Promise<Committed> {
  if (draft.root === undefined) {
    throw rejected({ code: 'reddit_not_found', message: 'There is no post to comment on.' })
  }
  const thing_id = draft.root.platformPostId
  const form = new URLSearchParams({ api_type: 'json', thing_id, text: draft.text })
  const request = { path: '/api/comment', form }
  const { json } = await writeReddit(hosts, request, commentSchema, access, { call, effect })
  const [{ data }] = json.data.things
  const permalink = data.permalink ? webUrl(hosts, data.permalink) : null
  return { platformPostId: fullnameOf(data.id, 't1'), permalink }
}

/** `t3_abc` of a post, `t1_abc` of a comment: some answers leave the kind out. */
export function fullnameOf(id: string, kind: 't1' | 't3'): string {
  return id.startsWith(`${kind}_`) ? id : `${kind}_${id}`
}

/** Paths of listings below the public site. */
export function webUrl(hosts: PlatformHosts, permalink: string): string {
  if (/^https?:\/\//.test(permalink)) return permalink
  return `${hosts.webBaseUrl ?? 'https://www.reddit.com'}${permalink}`
}

function permalinkOf(hosts: PlatformHosts, settings: RedditSettings, fullname: string): string {
  const name = subredditOf(settings)
  const id = fullname.replace('t3_', '')
  const place = name.startsWith('u_') ? `/user/${name.slice(2)}` : `/r/${name}`
  return webUrl(hosts, `${place}/comments/${id}/`)
}

function notUploaded() {
  const message = 'The files are not at Reddit any more; they are sent again.'
  return transient({ code: 'reddit_media_missing', message, startOver: true })
}
