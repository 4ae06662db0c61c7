import { type Answer, json } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { pull } from '../../media/pull.ts'
import {
  addContainer,
  type Container,
  type ContainerDraft,
  childrenOf,
  type Kind,
  statusOf,
} from './containers.ts'
import { type GraphProblem, invalidParameter, missingParameter, refuse } from './errors.ts'
import { accountOf, assertMay, type InstagramCall } from './instagram-call.ts'
import { spendContainer } from './instagram-quota.ts'
import {
  fetchFailed,
  type ImageRules,
  imageProblem,
  pulledVideoFault,
  type VideoFault,
  type VideoRules,
} from './media-check.ts'
import { flag, given, listParam, param, requiredParam } from './params.ts'

const MIB = 1024 * 1024
/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media */
const IMAGE: ImageRules = { types: ['image/jpeg'], maxBytes: 8 * MIB }
const FEED_RATIO = { min: 4 / 5, max: 1.91 }
const REEL: VideoRules = {
  maxBytes: 300 * MIB,
  minDurationMs: 3_000,
  maxDurationMs: 15 * 60_000,
  maxWidth: 1920,
}
const STORY: VideoRules = { ...REEL, maxBytes: 100 * MIB, maxDurationMs: 60_000 }
const MAX_CAPTION = 2200
const MAX_HASHTAGS = 30
const MAX_MENTIONS = 20
const CAROUSEL = { min: 2, max: 10 }
const MAX_ALT_TEXT = 1000

/** Numbers behind `Error: Media upload has failed with error code`. */
export const PROBLEMS: Record<VideoFault, string> = {
  download: '2207052',
  format: '2207026',
  audio: '2207026',
  ratio: '2207026',
  duration: '2207026',
  frame_rate: '2207026',
}

/** Fetches what a container names, as curl without `-L`: a redirect is no 200. */
export async function pullMedia({ state }: InstagramCall['store'], req: ApiRequest): Promise<void> {
  const fetchOne = async (name: string): Promise<void> => {
    const url = param(req, name)
    if (url === undefined) return
    req.pulled.set(name, await pull(state.shelf, url, { followRedirects: false }))
  }
  await Promise.all(['image_url', 'video_url', 'cover_url'].map(fetchOne))
}

/** POST /{ig}/media: nothing is published by it. */
export function createContainer(call: InstagramCall): Answer {
  const account = accountOf(call, 'publish')
  const { req, store } = call
  const base = { account_id: account.account_id, ...captionOf(req), ...optionsOf(req) }
  const draft = { ...base, ...partsOfKind(call, kindOf(req)) }
  spendContainer(store, account.account_id, req)
  const container = addContainer(store, req, draft)
  return json(200, { id: container.id, ...uploadAddress(req, container) })
}

/** What a kind adds to a container. */
function partsOfKind(call: InstagramCall, kind: Kind): Omit<ContainerDraft, 'account_id'> {
  const { req } = call
  if (kind === 'CAROUSEL') return carousel(call)
  const isItem = flag(req, 'is_carousel_item')
  if (isItem && (kind === 'REELS' || kind === 'STORIES')) throw unknownType(kind)
  // Stories show no caption, and a caption on a carousel's part is dropped.
  const silent = isItem || kind === 'STORIES' ? { text: '' } : {}
  if (param(req, 'upload_type') === 'resumable') return { ...resumable(call, kind), ...silent }
  if (req.pulled.has('video_url')) return { ...video(req, kind), is_item: isItem, ...silent }
  return { ...image(req, kind), is_item: isItem, ...silent }
}

function kindOf(req: ApiRequest): Kind {
  const asked = param(req, 'media_type')
  const isVideo = req.pulled.has('video_url')
  switch (asked) {
    case undefined:
      return isVideo ? 'VIDEO' : 'IMAGE'
    case 'CAROUSEL':
    case 'REELS':
    case 'STORIES':
      return asked
    case 'IMAGE':
      return 'IMAGE'
    case 'VIDEO':
      if (flag(req, 'is_carousel_item')) return 'VIDEO'
      throw refuse({
        message:
          'The VIDEO value for media_type is no longer supported. Use the REELS media type to publish a video to your Instagram feed.',
        code: 100,
        subcode: 2207067,
      })
    default:
      throw unknownType(asked)
  }
}

function image(req: ApiRequest, kind: Kind): Omit<ContainerDraft, 'account_id'> {
  const pulled = req.pulled.get('image_url')
  const url = param(req, 'image_url') ?? ''
  if (pulled === undefined || kind === 'REELS' || kind === 'VIDEO') throw refuse(fetchFailed(url))
  const rules = kind === 'STORIES' ? IMAGE : { ...IMAGE, ratio: FEED_RATIO }
  const problem = imageProblem(pulled, url, rules)
  if (problem !== null || !pulled.ok) throw refuse(problem ?? fetchFailed(url))
  return { kind, media: [pulled.file.sha256] }
}

function video(req: ApiRequest, kind: Kind): Omit<ContainerDraft, 'account_id'> {
  const pulled = req.pulled.get('video_url')
  if (pulled === undefined || kind === 'IMAGE') throw refuse(fetchFailed(''))
  assertCover(req)
  const fault = pulledVideoFault(pulled, rulesOf(kind))
  if (pulled.ok) assertThumbOffset(req, pulled.info.durationMs)
  const media = pulled.ok ? [pulled.file.sha256] : []
  return { kind, is_video: true, media, problem: fault === null ? null : PROBLEMS[fault] }
}

export function rulesOf(kind: Kind): VideoRules {
  return kind === 'STORIES' ? STORY : REEL
}

/** Bytes come later: https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads */
function resumable(call: InstagramCall, kind: Kind): Omit<ContainerDraft, 'account_id'> {
  if (kind === 'IMAGE') throw refuse(invalidParameter('upload_type is for videos only'))
  const upload = { file: call.store.state.shelf.create(), file_size: null }
  return { kind, is_video: true, is_item: flag(call.req, 'is_carousel_item'), upload }
}

function uploadAddress(req: ApiRequest, { id, upload }: Container): Record<string, unknown> {
  if (upload === null) return {}
  const version = req.params.version ?? 'v25.0'
  return { uri: `${req.origin}/facebook/ig-api-upload/${version}/${id}` }
}

function carousel(call: InstagramCall): Omit<ContainerDraft, 'account_id'> {
  const { req, store } = call
  if (param(req, 'children') === undefined) throw refuse(missingParameter('children'))
  const ids = listParam(req, 'children')
  if (ids.length < CAROUSEL.min || ids.length > CAROUSEL.max) throw refuse(WRONG_COUNT)
  const children = childrenOf(store, ids)
  if (children === undefined) throw refuse(noContainer(ids.join(',')))
  for (const child of children) assertItem(call, child)
  return { kind: 'CAROUSEL', children: ids, media: children.flatMap((one) => one.media) }
}

function assertItem(call: InstagramCall, child: Container): void {
  if (!child.is_item || call.reach(child.account_id) === undefined) {
    throw refuse(invalidParameter(`Media ${child.id} was not created as a carousel item`))
  }
  const status = statusOf(child, call.req.nowMs)
  if (status === 'EXPIRED') throw refuse(noContainer(child.id))
  if (status !== 'FINISHED') throw refuse(NOT_READY)
}

function captionOf(req: ApiRequest): { text: string } {
  const text = param(req, 'caption') ?? ''
  const length = [...text].length
  if (length > MAX_CAPTION) throw refuse(captionTooLong(length))
  if ((text.match(/#[\p{L}\p{N}_]+/gu) ?? []).length > MAX_HASHTAGS) throw refuse(TOO_MANY_TAGS)
  if ((text.match(/@[A-Za-z0-9._]+/g) ?? []).length > MAX_MENTIONS) throw refuse(TOO_MANY_TAGS)
  return { text }
}

function optionsOf(req: ApiRequest): { options: Record<string, string> } {
  const names = ['alt_text', 'share_to_feed', 'location_id', 'collaborators', 'audio_name']
  const options = given(req, names)
  if ([...(options.alt_text ?? '')].length > MAX_ALT_TEXT) {
    throw refuse(invalidParameter('Param alt_text must be at most 1000 characters'))
  }
  return { options }
}

function assertCover(req: ApiRequest): void {
  const cover = req.pulled.get('cover_url')
  const url = param(req, 'cover_url') ?? ''
  const problem = cover === undefined ? null : imageProblem(cover, url, IMAGE)
  if (problem !== null) throw refuse(problem)
}

function assertThumbOffset(req: ApiRequest, durationMs = 0): void {
  const text = param(req, 'thumb_offset')
  if (text === undefined) return
  const offsetMs = Number(text)
  if (offsetMs >= 0 && offsetMs < durationMs) return
  throw refuse({
    message: `Thumbnail offset must be greater than or equal to 0 and less than video duration, i.e. ${durationMs}`,
    code: 1,
    subcode: 2207057,
  })
}

/** POST /{media}?comment_enabled= : captions cannot be changed. */
export function toggleComments(call: InstagramCall): Answer {
  assertMay(call, 'comment')
  requiredParam(call.req, 'comment_enabled')
  return json(200, { success: true })
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes */
const WRONG_COUNT: GraphProblem = {
  message: 'Invalid parameter',
  code: 100,
  subcode: 2207028,
  isTransient: false,
  userTitle: 'Carousel validation failed',
  userMessage:
    'Your post won’t work as a carousel. Carousels need at least 2 photos/videos and no more than 10 photos/videos. Please try again.',
}

export const NOT_READY: GraphProblem = {
  message: 'Media ID is not available',
  code: 9007,
  subcode: 2207027,
  isTransient: false,
  userTitle: 'Cannot publish the media',
  userMessage: 'The media is not ready for publishing, please wait for a moment',
}

const TOO_MANY_TAGS: GraphProblem = {
  message: 'Invalid parameter',
  code: 100,
  subcode: 2207040,
  isTransient: false,
  userTitle: 'Too many tags',
  userMessage: `Cannot use more than ${MAX_MENTIONS} @ tags or ${MAX_HASHTAGS} hashtags per created media`,
}

export function noContainer(id: string): GraphProblem {
  return {
    message: 'The requested resource does not exist',
    code: 24,
    subcode: 2207008,
    isTransient: false,
    userTitle: 'Media builder not found',
    userMessage: `The media builder with creation id = ${id} does not exist or has been expired.`,
  }
}

function captionTooLong(length: number): GraphProblem {
  return {
    message: 'The caption was too long.',
    code: 36004,
    subcode: 2207010,
    isTransient: false,
    userTitle: 'Caption too long',
    userMessage: `The submitted caption is too long. Captions have at most ${MAX_CAPTION} characters, this one has ${length}.`,
  }
}

function unknownType(type: string) {
  return refuse({
    message: `The media type ${type} is unknown`,
    code: 100,
    subcode: 2207023,
    isTransient: false,
  })
}
