import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { ownLocation } from './access.ts'
import { forbidden, noEntity, tooManyEdits } from './errors.ts'
import { checkContent, readBody, readMask, scheduleOf } from './local-post-body.ts'
import { pageOf } from './paging.ts'
import { mediaOf } from './photo.ts'
import { type Business, type BusinessLocation, type LocalPost, longId } from './store.ts'

const SIZES = { default: 20, max: 100 }
/** https://developers.google.com/my-business/content/limits : per profile */
const EDITS = { limit: 10, windowMs: 60_000 }
/** Polls that a `processing` fault at create makes wait. */
const SLOW_POLLS = 2
/** In the international form only: other numbers look like dates and ids. */
const PHONE_NUMBER = /\+\d[\d\s()./-]{6,}\d/

/** POST …/localPosts: 200 says that it was taken, not that it is live. */
export function createPost(business: Business, req: ApiRequest): Answer {
  const location = editable(business, req)
  const body = readBody(req)
  checkContent(body, req.nowMs)
  const name = `${parentOf(location)}/localPosts/${longId(19)}`
  const scheduled_at_ms = scheduleOf(body, req.nowMs)
  const { media: _media, ...content } = body
  const post: LocalPost = {
    name,
    location: location.id,
    owner: location.owner,
    content,
    media: mediaOf(req, name),
    state: scheduled_at_ms === null ? 'PROCESSING' : 'SCHEDULED',
    verdict: verdictOn(business, location, content),
    polls_left: req.fault === 'processing' ? SLOW_POLLS : 0,
    created_at_ms: req.nowMs,
    updated_at_ms: req.nowMs,
    scheduled_at_ms,
  }
  business.store.posts.set(name, post)
  business.site.store.state.posts.accept(
    {
      platform: 'google_business',
      account_id: location.owner,
      platform_post_id: name,
      text: textOf(content),
      media: post.media.map(({ sha256 }) => sha256),
    },
    req.nowMs,
  )
  return json(200, present(req, post))
}

/** GET …/localPosts/{post} */
export function showPost(business: Business, req: ApiRequest): Answer {
  const post = ownPost(business, req, postedAt(business, req))
  moderate(business, req, post)
  return json(200, present(req, post))
}

/** GET …/localPosts: newest first. */
export function listPosts(business: Business, req: ApiRequest): Answer {
  const location = postedAt(business, req)
  const all = [...business.store.posts.values()].filter((one) => one.location === location.id)
  const { rows, nextPageToken } = pageOf(req, all.reverse(), SIZES)
  for (const post of rows) moderate(business, req, post)
  if (rows.length === 0) return json(200, {})
  return json(200, { localPosts: rows.map((post) => present(req, post)), nextPageToken })
}

/** PATCH …/localPosts/{post}?updateMask=: moderation begins anew. */
export function patchPost(business: Business, req: ApiRequest): Answer {
  const location = editable(business, req)
  const post = ownPost(business, req, location)
  const mask = readMask(req)
  const body = readBody(req)
  const named = mask.filter((name) => name !== 'media')
  const content = {
    ...post.content,
    ...Object.fromEntries(named.map((name) => [name, body[name]])),
  }
  checkContent(content, req.nowMs)
  if (mask.includes('media')) post.media = mediaOf(req, post.name)
  post.content = content
  post.verdict = PHONE_NUMBER.test(textOf(content)) ? 'REJECTED' : 'LIVE'
  post.state = post.state === 'SCHEDULED' ? 'SCHEDULED' : 'PROCESSING'
  post.updated_at_ms = req.nowMs
  business.site.store.state.posts.edit('google_business', post.name, textOf(content))
  return json(200, present(req, post))
}

/** DELETE …/localPosts/{post} */
export function deletePost(business: Business, req: ApiRequest): Answer {
  const post = ownPost(business, req, editable(business, req))
  business.store.posts.delete(post.name)
  business.site.store.state.posts.delete('google_business', post.name, req.nowMs)
  return json(200, {})
}

/** The location of the path; v4 names it by both ids, and under another account it is none. */
function postedAt(business: Business, req: ApiRequest): BusinessLocation {
  const location = ownLocation(business, req)
  if (location.account !== req.params.account) throw noEntity()
  return location
}

function editable(business: Business, req: ApiRequest): BusinessLocation {
  const location = postedAt(business, req)
  if (!location.voice_of_merchant) throw forbidden()
  const key = `google_business edits ${location.id}`
  if (business.site.store.state.rateLimits.take(key, EDITS, req.nowMs).allowed) return location
  throw tooManyEdits()
}

function ownPost({ store }: Business, req: ApiRequest, location: BusinessLocation): LocalPost {
  const post = store.posts.get(`${parentOf(location)}/localPosts/${req.params.post}`)
  if (post === undefined) throw noEntity()
  return post
}

function parentOf({ account, id }: BusinessLocation): string {
  return `accounts/${account}/locations/${id}`
}

/** https://support.google.com/business/answer/7213077 : no phone numbers, nothing said twice. */
function verdictOn(
  { store }: Business,
  location: BusinessLocation,
  content: Record<string, unknown>,
): LocalPost['verdict'] {
  if (PHONE_NUMBER.test(textOf(content))) return 'REJECTED'
  const isSame = (one: LocalPost): boolean =>
    one.location === location.id &&
    one.state !== 'REJECTED' &&
    textOf(one.content) === textOf(content) &&
    one.content.topicType === content.topicType
  return [...store.posts.values()].some(isSame) ? 'REJECTED' : 'LIVE'
}

/** One look, with which moderation ends unless it is to take longer; REJECTED has no reason. */
function moderate({ site }: Business, req: ApiRequest, post: LocalPost): void {
  if (post.state === 'SCHEDULED' && req.nowMs >= (post.scheduled_at_ms ?? 0)) post.state = 'LIVE'
  if (post.state !== 'PROCESSING' || req.fault === 'processing') return
  if (req.fault === 'refuse') post.verdict = 'REJECTED'
  else if (post.polls_left > 0) {
    post.polls_left -= 1
    return
  }
  post.state = post.verdict
  // No visitor will see it.
  if (post.state === 'REJECTED') {
    site.store.state.posts.delete('google_business', post.name, req.nowMs)
  }
}

function present(req: ApiRequest, post: LocalPost): Record<string, unknown> {
  const id = post.name.split('/').at(-1)
  const searchUrl = `${req.origin}${req.mount}/place/${post.location}?use=posts&lpsid=${id}`
  const media = post.media.map(({ name }) => ({
    name,
    mediaFormat: 'PHOTO',
    googleUrl: `https://lh3.googleusercontent.com/p/${name.split('/').at(-1)}=s0`,
  }))
  return {
    name: post.name,
    ...post.content,
    state: post.state,
    ...(media.length === 0 ? {} : { media }),
    ...(post.state === 'LIVE' ? { searchUrl } : {}),
    createTime: new Date(post.created_at_ms).toISOString(),
    updateTime: new Date(post.updated_at_ms).toISOString(),
  }
}

function textOf({ summary }: Record<string, unknown>): string {
  return typeof summary === 'string' ? summary : ''
}
