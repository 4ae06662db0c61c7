import type { Answer } from '../../http/answer.ts'
import { fields, isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorize, throttle, type UserToken } from './access.ts'
import { apiError, invalid, refuse } from './errors.ts'
import { countCharacters } from './format.ts'
import { LIMITS } from './instance.ts'
import { presentStatus } from './present-status.ts'
import { indexStatus, type MastodonStore, type Poll, type Status } from './store.ts'

const THREE_HOURS_MS = 3 * 3_600_000
const IDEMPOTENCY_MS = 3_600_000
const VISIBILITIES = ['public', 'unlisted', 'private', 'direct'] as const
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z]{2,4})?$/

type Form = Record<string, unknown>

/** POST /api/v1/statuses https://docs.joinmastodon.org/methods/statuses/#create */
export function createStatus(store: MastodonStore, req: ApiRequest): Answer {
  const token = authorize(store, req, ['write:statuses'])
  const key = req.header('idempotency-key')
  const earlier = earlierStatus(store, req, token, key)
  if (earlier !== undefined) return show(store, req, earlier)
  if (req.body.kind === 'broken')
    return apiError(400, 'Error occurred while parsing request parameters')
  const form = fields(req.body)
  if (text(form, 'scheduled_at') !== undefined) {
    return apiError(501, 'scheduled_at is not modelled by the sandbox')
  }
  const draft = readDraft(store, form, req.nowMs)
  throttle(store, req, {
    name: 'statuses',
    key: token.account_id,
    limit: 300,
    windowMs: THREE_HOURS_MS,
  })
  const status = storeStatus(store, token, draft, req.nowMs)
  if (key !== undefined && key !== '') {
    const row = { status_id: status.id, expires_at_ms: req.nowMs + IDEMPOTENCY_MS }
    store.idempotency.set(`${token.account_id} ${key}`, row)
  }
  return show(store, req, status)
}

type Draft = Omit<Status, 'id' | 'account_id' | 'client_id' | 'created_at_ms'> & { written: string }

/** The status of an earlier request with this key, within an hour; bodies are not compared. */
function earlierStatus(
  store: MastodonStore,
  req: ApiRequest,
  token: UserToken,
  key: string | undefined,
): Status | undefined {
  const row = store.idempotency.get(`${token.account_id} ${key ?? ''}`)
  if (row === undefined || row.expires_at_ms <= req.nowMs) return undefined
  const status = store.statuses.get(row.status_id)
  if (status === undefined) throw refuse(404)
  return status
}

/** Checks in the order in which the server validates. */
function readDraft(store: MastodonStore, form: Form, nowMs: number): Draft {
  const spoiler = text(form, 'spoiler_text') ?? ''
  const written = text(form, 'status') ?? ''
  refuseMedia(form)
  const poll = readPoll(form.poll, nowMs)
  // A warning without a text becomes the text, as on the real server.
  const moved = written.trim() === '' && spoiler.trim() !== ''
  const body = moved ? spoiler : written
  if (body.trim() === '') throw invalid("Text can't be blank")
  const spoiler_text = moved ? '' : spoiler
  const { max_characters } = LIMITS.statuses
  if (countCharacters(body) + countCharacters(spoiler_text) > max_characters) {
    throw invalid(`Text character limit of ${max_characters} exceeded`)
  }
  return {
    written: body,
    text: body.trim(),
    spoiler_text,
    sensitive: isTrue(form.sensitive) || spoiler_text !== '',
    visibility: readVisibility(form),
    language: readLanguage(form),
    in_reply_to_id: readParent(store, form),
    poll,
  }
}

function readVisibility(form: Form): Status['visibility'] {
  const asked = text(form, 'visibility') ?? 'public'
  const known = VISIBILITIES.find((one) => one === asked)
  if (known === undefined) throw invalid('Visibility is not included in the list')
  return known
}

/** An unknown language is ignored, not refused. */
function readLanguage(form: Form): string {
  const asked = text(form, 'language') ?? ''
  return LANGUAGE.test(asked) ? asked : 'en'
}

function readParent(store: MastodonStore, form: Form): string | null {
  const id = text(form, 'in_reply_to_id')
  if (id === undefined) return null
  if (store.statuses.has(id)) return id
  throw refuse(404, 'The post you are trying to reply to does not appear to exist.')
}

/** Uploads are not modelled yet, so no media id exists. */
function refuseMedia(form: Form): void {
  const ids = Array.isArray(form.media_ids) ? form.media_ids : []
  if (ids.length === 0) return
  if (ids.length > LIMITS.statuses.max_media_attachments) {
    throw invalid(`Cannot attach more than ${LIMITS.statuses.max_media_attachments} files`)
  }
  throw invalid(`Media ${ids.map(String).join(', ')} could not be found`)
}

/** https://docs.joinmastodon.org/methods/statuses/#form-data-parameters */
function readPoll(value: unknown, nowMs: number): Poll | null {
  if (!isRecord(value)) return null
  const options = Array.isArray(value.options) ? value.options.map(String) : []
  const filled = options.map((option) => option.trim()).filter((option) => option !== '')
  const { max_options, max_characters_per_option, min_expiration, max_expiration } = LIMITS.polls
  if (filled.length < 2) throw invalid('Options must have more than one item')
  if (filled.length > max_options)
    throw invalid(`Options can't contain more than ${max_options} items`)
  if (
    filled.some(
      (option) => [...new Intl.Segmenter('en').segment(option)].length > max_characters_per_option,
    )
  ) {
    throw invalid(`Options cannot be longer than ${max_characters_per_option} characters each`)
  }
  if (new Set(filled).size !== filled.length) throw invalid('Options contain duplicate items')
  const seconds = Number(value.expires_in ?? Number.NaN)
  if (Number.isNaN(seconds)) throw invalid("Expires at can't be blank")
  if (seconds > max_expiration) throw invalid('Expires at is too far into the future')
  if (seconds < min_expiration) throw invalid('Expires at is too soon')
  return {
    options: filled,
    expires_at_ms: nowMs + seconds * 1000,
    multiple: isTrue(value.multiple),
  }
}

function storeStatus(store: MastodonStore, token: UserToken, draft: Draft, nowMs: number): Status {
  const { written, ...content } = draft
  const status: Status = {
    ...content,
    id: store.ids.next(nowMs),
    account_id: token.account_id,
    client_id: token.client_id,
    created_at_ms: nowMs,
  }
  store.statuses.set(status.id, status)
  indexStatus(store, status)
  const row = { account_id: status.account_id, platform_post_id: status.id, text: written }
  store.state.posts.accept({ platform: 'mastodon', ...row }, nowMs)
  return status
}

function show(store: MastodonStore, req: ApiRequest, status: Status): Answer {
  return { status: 200, body: presentStatus(store, status, req.origin) }
}

/** JSON clients may send numbers where forms have text. */
function text(form: Form, name: string): string | undefined {
  const value = form[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1' || value === 'on'
}
