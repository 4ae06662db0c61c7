import { type Answer, json } from '../../http/answer.ts'
import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { pull } from '../../media/pull.ts'
import {
  addContainer,
  type Container,
  type ContainerDraft,
  type ContainerStore,
  childrenOf,
  liveMedia,
  publish,
  statusOf,
} from '../meta/containers.ts'
import { invalidParameter, missingParameter, refuse } from '../meta/errors.ts'
import {
  fetchFailed,
  type ImageRules,
  imageProblem,
  pulledVideoFault,
  type VideoRules,
} from '../meta/media-check.ts'
import { flag, given, jsonOf, listParam, param, requiredParam } from '../meta/params.ts'
import { assertOwn, mediaNotFound, type ThreadsCall } from './call.ts'
import { PROBLEMS } from './problems.ts'
import { spend } from './quota.ts'
import { assertLength, assertLinks, topicOf } from './text.ts'

const MIB = 1024 * 1024
/** https://developers.facebook.com/docs/threads/overview#media-specifications */
const IMAGE: ImageRules = {
  types: ['image/jpeg', 'image/png'],
  maxBytes: 8 * MIB,
  ratio: { min: 0.1, max: 10 },
  fetchCode: 1,
}
const VIDEO: VideoRules = {
  maxBytes: 1024 * MIB,
  minDurationMs: 0,
  maxDurationMs: 300_000,
  maxWidth: 1920,
}
const CAROUSEL = { min: 2, max: 20 }
const MAX_ALT_TEXT = 1000
const POLL = { min: 2, max: 4, maxLength: 25 }
const REPLY_CONTROLS = new Set(
  'everyone accounts_you_follow mentioned_only parent_post_author_only followers_only'.split(' '),
)

type Parts = Omit<ContainerDraft, 'account_id'>

/** Fetches what a container names; a redirect is no 200. */
export async function pullMedia({ state }: ContainerStore, req: ApiRequest): Promise<void> {
  for (const name of ['image_url', 'video_url']) {
    const url = param(req, name)
    if (url === undefined) continue
    req.pulled.set(name, await pull(state.shelf, url, { followRedirects: false }))
  }
}

/** Whether a text asks to be published in the same step. */
export function isOneStep(req: ApiRequest): boolean {
  return flag(req, 'auto_publish_text')
}

/** POST /{id}/threads */
export function createContainer(call: ThreadsCall): Answer {
  const { req, store, account } = call
  assertOwn(call, 'threads_content_publish')
  const draft = { ...partsOf(call), ...textOf(req), account_id: account.account_id }
  const options = { ...draft.options, ...optionsOf(call) }
  const isTextNow = isOneStep(req) && draft.kind === 'TEXT'
  if (isTextNow) spend(store, req, options.reply_to_id ? 'reply' : 'post', account.account_id)
  const container = addContainer(store, req, { ...draft, options })
  if (!isTextNow) return json(200, { id: container.id })
  return json(200, { id: publish(store, container, req.nowMs).id })
}

function partsOf(call: ThreadsCall): Parts {
  const { req } = call
  const is_item = flag(req, 'is_carousel_item')
  switch (requiredParam(req, 'media_type')) {
    case 'TEXT':
      if (is_item) throw refuse(invalidParameter('A carousel item must be an image or a video'))
      return { kind: 'TEXT' }
    case 'IMAGE':
      return { ...image(req), is_item }
    case 'VIDEO':
      return { ...video(req), is_item }
    case 'CAROUSEL':
      return carousel(call)
    default:
      throw refuse(
        invalidParameter('Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}'),
      )
  }
}

function image(req: ApiRequest): Parts {
  const url = requiredParam(req, 'image_url')
  const pulled = req.pulled.get('image_url')
  const problem = pulled === undefined ? fetchFailed(url, 1) : imageProblem(pulled, url, IMAGE)
  if (problem !== null || !pulled?.ok) throw refuse(problem ?? fetchFailed(url, 1))
  return { kind: 'IMAGE', media: [pulled.file.sha256] }
}

function video(req: ApiRequest): Parts {
  requiredParam(req, 'video_url')
  const pulled = req.pulled.get('video_url')
  const fault = pulled === undefined ? 'download' : pulledVideoFault(pulled, VIDEO)
  const media = pulled?.ok ? [pulled.file.sha256] : []
  return { kind: 'VIDEO', is_video: true, media, problem: fault === null ? null : PROBLEMS[fault] }
}

function carousel(call: ThreadsCall): Parts {
  const ids = listParam(call.req, 'children')
  if (ids.length < CAROUSEL.min || ids.length > CAROUSEL.max) {
    const range = `${CAROUSEL.min} to ${CAROUSEL.max}`
    throw refuse(invalidParameter(`Param children must have ${range} container ids`))
  }
  const children = childrenOf(call.store, ids)
  for (const child of children ?? []) assertItem(call, child)
  if (children === undefined) throw refuse(mediaNotFound(ids.join(',')))
  return { kind: 'CAROUSEL', children: ids, media: children.flatMap((one) => one.media) }
}

function assertItem({ req, account }: ThreadsCall, child: Container): void {
  if (child.account_id !== account.account_id || !child.is_item) {
    throw refuse(invalidParameter(`Container ${child.id} is no carousel item`))
  }
  if (statusOf(child, req.nowMs) !== 'FINISHED') throw refuse(mediaNotFound(child.id))
}

/** The text as it was asked for, and beside it the text as it will be shown. */
function textOf(req: ApiRequest): { text: string; options: Record<string, string> } {
  const text = param(req, 'text') ?? ''
  const needsText = param(req, 'media_type') === 'TEXT' && !param(req, 'poll_attachment')
  if (text === '' && needsText) throw refuse(missingParameter('text'))
  assertLength(text)
  assertLinks(text, param(req, 'link_attachment'))
  const { tag, shown } = topicOf(text, param(req, 'topic_tag'))
  return { text, options: { shown_text: shown, ...(tag ? { topic_tag: tag } : {}) } }
}

function optionsOf(call: ThreadsCall): Record<string, string> {
  const { req } = call
  const names = ['alt_text', 'reply_control', 'link_attachment', 'reply_to_id', 'quote_post_id']
  const options = given(req, [...names, 'poll_attachment'])
  if ([...(options.alt_text ?? '')].length > MAX_ALT_TEXT) {
    throw refuse(invalidParameter(`Param alt_text must be at most ${MAX_ALT_TEXT} characters long`))
  }
  if (options.reply_control && !REPLY_CONTROLS.has(options.reply_control)) {
    throw refuse(invalidParameter('Param reply_control is not one of the options'))
  }
  assertTextOnly(req, 'link_attachment')
  assertTextOnly(req, 'poll_attachment')
  if (options.poll_attachment) assertPoll(options.poll_attachment)
  assertPublished(call, options.reply_to_id)
  assertPublished(call, options.quote_post_id)
  return options
}

function assertTextOnly(req: ApiRequest, name: string): void {
  if (param(req, name) === undefined || param(req, 'media_type') === 'TEXT') return
  throw refuse(invalidParameter(`Param ${name} is for media_type TEXT only`))
}

/** Anyone’s post can be answered, once it is there. */
function assertPublished({ store }: ThreadsCall, id: string | undefined): void {
  if (id === undefined) return
  const parent = liveMedia(store, id)
  if (parent === undefined || parent.parent_id !== null) throw refuse(mediaNotFound(id))
}

/** `{"option_a":"…","option_b":"…"}`, up to `option_d`. */
function assertPoll(text: string): void {
  const poll = jsonOf(text)
  const names = isRecord(poll) ? Object.keys(poll) : []
  const known = ['option_a', 'option_b', 'option_c', 'option_d'].slice(0, names.length)
  const options = isRecord(poll) ? known.map((name) => poll[name]) : []
  const isWhole = options.every(
    (one) => typeof one === 'string' && one !== '' && [...one].length <= POLL.maxLength,
  )
  if (isWhole && names.length >= POLL.min && names.length <= POLL.max) return
  throw refuse(
    invalidParameter(
      `Param poll_attachment must have ${POLL.min} to ${POLL.max} options of at most ${POLL.maxLength} characters`,
    ),
  )
}
