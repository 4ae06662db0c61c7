import { randomInt } from 'node:crypto'
import type { Account } from '../../core/accounts.ts'
import { type Answer, json } from '../../http/answer.ts'
import { fields, isRecord, textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type RedditError, written } from './errors.ts'
import { leaseAt, leaseOfAsset, websocketUrl } from './media.ts'
import { permalinkOf } from './posts.ts'
import type { RedditLease, RedditPost, RedditStore } from './store.ts'
import { faultsOf, type Place, placeOf, type Submission } from './submission.ts'
import { callerOf } from './tokens.ts'

/** Looks into the listing that a `processing` fault at submit makes wait. */
const SLOW_LOOKS = 2
/** https://support.reddithelp.com/hc/en-us/articles/360043034552 */
const GALLERY = { min: 2, max: 20, captionChars: 180 }
const POLL = { options: [2, 6], days: [1, 7] } as const
const KINDS = ['self', 'link', 'image', 'video', 'videogif'] as const
const BAD_MEDIA: RedditError = ['BAD_URL', 'you should check that url', 'url']

/** POST /api/submit: self, link, image, video, videogif. */
export function submit(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'submit')
  const kind = KINDS.find((one) => one === textField(req.body, 'kind'))
  if (kind === undefined) {
    return refuse(req, [['INVALID_OPTION', 'that option is not valid', 'kind']])
  }
  const draft = draftOf(req, kind)
  const place = placeOf(draft.sr, account)
  if (!('name' in place)) return refuse(req, [place])
  const faults = faultsOf(draft, place)
  if (kind === 'self' || kind === 'link') {
    if (faults.length > 0) return refuse(req, faults)
    return made(req, take(store, req, { account, draft, place, media: [] }))
  }
  const media = mediaOf(store, req, account, draft)
  if (!Array.isArray(media)) return refuse(req, [...faults, ...media.faults])
  if (faults.length > 0) return refuse(req, faults)
  return takeMedia(store, req, { account, draft, place, media })
}

/** POST /api/submit_gallery_post.json */
export function submitGallery(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'submit')
  const draft = draftOf(req, 'gallery')
  const place = placeOf(draft.sr, account)
  if (!('name' in place)) return refuse(req, [place])
  const items = fields(req.body).items
  const media = galleryOf(store, account, Array.isArray(items) ? items : [])
  const faults = [...faultsOf(draft, place), ...(Array.isArray(media) ? [] : media.faults)]
  if (faults.length > 0 || !Array.isArray(media)) return refuse(req, faults)
  const post = take(store, req, { account, draft, place, media })
  return written([], { id: `t3_${post.id}`, url: permalinkOf(req, post) })
}

/** POST /api/submit_poll_post */
export function submitPoll(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'submit')
  const draft = draftOf(req, 'poll')
  const place = placeOf(draft.sr, account)
  if (!('name' in place)) return refuse(req, [place])
  const faults = [...faultsOf(draft, place), ...pollFaults(fields(req.body))]
  if (faults.length > 0) return refuse(req, faults)
  const post = take(store, req, { account, draft, place, media: [] })
  return written([], { id: `t3_${post.id}`, url: permalinkOf(req, post) })
}

function draftOf(req: ApiRequest, kind: RedditPost['kind']): Submission {
  const text = (name: string): string => textField(req.body, name) ?? ''
  return {
    sr: text('sr').replace(/^\/?r\//i, ''),
    kind,
    title: text('title'),
    text: text('text'),
    url: text('url'),
    flairId: text('flair_id'),
  }
}

/** Digests of the file, or what is wrong with it. */
function mediaOf(
  store: RedditStore,
  req: ApiRequest,
  account: Account,
  { kind, url }: Submission,
): RedditLease[] | { faults: RedditError[] } {
  const lease = leaseAt(store, url)
  const type = kind === 'image' ? 'image/' : kind === 'video' ? 'video/' : ''
  if (!isOwnFile(lease, account) || !lease.mime_type.startsWith(type)) {
    return { faults: [BAD_MEDIA] }
  }
  if (kind === 'image') return [lease]
  const poster = leaseAt(store, textField(req.body, 'video_poster_url') ?? '')
  if (isOwnFile(poster, account) && poster.mime_type.startsWith('image/')) return [lease]
  return { faults: [['BAD_URL', 'you should check that url', 'video_poster_url']] }
}

function galleryOf(
  store: RedditStore,
  account: Account,
  items: readonly unknown[],
): RedditLease[] | { faults: RedditError[] } {
  const wrong = (code: string, words: string) => ({ faults: [[code, words, 'items'] as const] })
  if (items.length < GALLERY.min || items.length > GALLERY.max) {
    const words = `a gallery has ${GALLERY.min} to ${GALLERY.max} images`
    return wrong('IMAGE_GALLERY_ITEMS', words)
  }
  const leases: RedditLease[] = []
  for (const item of items) {
    const { media_id, caption = '' } = isRecord(item) ? item : {}
    const lease = leaseOfAsset(store, media_id)
    if (!isOwnFile(lease, account) || !lease.mime_type.startsWith('image/')) {
      return wrong('IMAGE_NOT_FOUND', 'an image of the gallery is not there')
    }
    if (typeof caption !== 'string' || [...caption].length > GALLERY.captionChars) {
      return wrong('TOO_LONG', `this is too long (max: ${GALLERY.captionChars})`)
    }
    leases.push(lease)
  }
  return leases
}

function pollFaults({ options, duration }: Record<string, unknown>): RedditError[] {
  const [least, most] = POLL.options
  const isFine = Array.isArray(options) && options.length >= least && options.length <= most
  const [shortest, longest] = POLL.days
  const days = Number(duration)
  const isTime = Number.isInteger(days) && days >= shortest && days <= longest
  return [
    ...(isFine ? [] : [['INVALID_OPTION', `${least} to ${most} options`, 'options'] as const]),
    ...(isTime ? [] : [['INVALID_OPTION', `${shortest} to ${longest} days`, 'duration'] as const]),
  ]
}

/** A submission that passed every check. */
interface Accepted {
  account: Account
  draft: Submission
  place: Place
  media: RedditLease[]
}

/** The answer to media has no id: processing comes first, and a broken file never gets through it. */
function takeMedia(store: RedditStore, req: ApiRequest, accepted: Accepted): Answer {
  const { account, media, draft } = accepted
  const [lease] = media
  const isGood = lease?.file?.mime_type.startsWith(draft.kind === 'image' ? 'image/' : 'video/')
  if (isGood === true && lease?.file?.is_broken === false) take(store, req, accepted)
  return done(req, {
    user_submitted_page: `${req.origin}${req.mount}/user/${account.handle}/submitted/`,
    websocket_url: websocketUrl(store, lease?.asset_id ?? ''),
  })
}

function take(store: RedditStore, req: ApiRequest, accepted: Accepted): RedditPost {
  const { account, draft, place, media } = accepted
  const flag = (name: string): boolean => ['true', true].includes(Object(fields(req.body))[name])
  const flair = place.community?.flairs.find(({ id }) => id === draft.flairId)
  const isSlow = req.fault === 'processing' && media.length > 0
  const post: RedditPost = {
    id: randomInt(36 ** 6, 36 ** 7).toString(36),
    account_id: account.account_id,
    subreddit: place.name,
    kind: draft.kind,
    title: draft.title,
    text: draft.text,
    url: draft.url,
    flair_id: flair?.id ?? null,
    flair_text: flair === undefined ? null : (textField(req.body, 'flair_text') ?? flair.text),
    nsfw: flag('nsfw'),
    spoiler: flag('spoiler'),
    created_at_ms: req.nowMs,
    state: media.length > 0 && draft.kind !== 'gallery' ? 'working' : 'up',
    looks_left: isSlow ? SLOW_LOOKS : 0,
  }
  store.posts.set(post.id, post)
  store.state.posts.accept(
    {
      platform: 'reddit',
      account_id: account.account_id,
      platform_post_id: `t3_${post.id}`,
      text: draft.text || draft.title,
      media: media.flatMap(({ file }) => file?.sha256 ?? []),
    },
    req.nowMs,
  )
  return post
}

function made(req: ApiRequest, post: RedditPost): Answer {
  const { id } = post
  return done(req, { url: permalinkOf(req, post), drafts_count: 0, id, name: `t3_${id}` })
}

function isOwnFile(lease: RedditLease | undefined, account: Account): lease is RedditLease {
  return lease?.file != null && lease.account_id === account.account_id
}

/** Without `api_type=json` the answer is a script for the old site. */
function done(req: ApiRequest, data: unknown): Answer {
  if (textField(req.body, 'api_type') === 'json') return written([], data)
  return json(200, { jquery: [], success: true })
}

function refuse(req: ApiRequest, errors: readonly RedditError[]): Answer {
  if (textField(req.body, 'api_type') === 'json' || req.body.kind === 'json') return written(errors)
  return json(200, { jquery: errors.map(([code]) => [0, 0, 'call', [code]]), success: false })
}
