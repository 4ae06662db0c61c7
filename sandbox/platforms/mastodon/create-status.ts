import type { Answer } from '../../http/answer.ts'
import { fields } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { authorize, throttle, type UserToken } from './access.ts'
import { readAttachments } from './attach.ts'
import { apiError, invalid, refuse } from './errors.ts'
import { countCharacters } from './format.ts'
import { LIMITS } from './instance.ts'
import { isTrue, readPoll } from './poll.ts'
import { presentStatus } from './present-status.ts'
import { attachmentsOf, indexStatus, isVisible, type MastodonStore, type Status } from './store.ts'

const THREE_HOURS_MS = 3 * 3_600_000
const IDEMPOTENCY_MS = 3_600_000
const VISIBILITIES = ['public', 'unlisted', 'private', 'direct'] as const
const QUOTE_POLICIES = ['public', 'followers', 'nobody']
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
  const draft = readDraft(store, form, { accountId: token.account_id, nowMs: req.nowMs })
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
function readDraft(
  store: MastodonStore,
  form: Form,
  { accountId, nowMs }: { accountId: string; nowMs: number },
): Draft {
  const spoiler = text(form, 'spoiler_text') ?? ''
  const written = text(form, 'status') ?? ''
  const media = readAttachments(store, form, accountId)
  const poll = readPoll(form.poll, nowMs)
  // A warning without a text becomes the text, as on the real server.
  const moved = written.trim() === '' && spoiler.trim() !== ''
  const body = moved ? spoiler : written
  if (body.trim() === '' && media.length === 0) throw invalid("Text can't be blank")
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
    quoted_status_id: readQuoted(store, form, accountId),
    media: media.map((one) => one.id),
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

/** Since 4.5; others' private statuses are as good as absent. */
function readQuoted(store: MastodonStore, form: Form, accountId: string): string | null {
  const policy = text(form, 'quote_approval_policy')
  if (policy !== undefined && !QUOTE_POLICIES.includes(policy)) {
    throw invalid('Quote approval policy is not included in the list')
  }
  const id = text(form, 'quoted_status_id')
  if (id === undefined) return null
  const quoted = store.statuses.get(id)
  if (quoted === undefined || !isVisible(quoted, accountId)) throw refuse(404)
  return id
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
  const media = attachmentsOf(store, status)
  for (const one of media) one.status_id = status.id
  const row = { account_id: status.account_id, platform_post_id: status.id, text: written }
  const shown = media.map((one) => one.sha256)
  store.state.posts.accept({ platform: 'mastodon', ...row, media: shown }, nowMs)
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
