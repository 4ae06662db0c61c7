import { type Answer, Refusal } from '../../http/answer.ts'
import { isRecord } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { shownFiles } from './check-blobs.ts'
import { recordCid } from './cid.ts'
import { invalidRequest, plainError, refusal } from './errors.ts'
import { spendWrite } from './limits.ts'
import { authorize, findAccount } from './sessions.ts'
import { type BlueskyStore, indexRecord, type RepoRecord, recordUri } from './store.ts'
import { fullText } from './text.ts'
import { nextTid } from './tid.ts'
import { validateRecord } from './validate-record.ts'

type Input = Record<string, unknown>

const POST = 'app.bsky.feed.post'
/** https://docs.bsky.app/docs/advanced-guides/rate-limits */
const POINTS = { create: 3, update: 2, delete: 1 }

type Action = keyof typeof POINTS

const MAX_WRITES = 200

/** POST com.atproto.repo.createRecord: an existing key is a 500, as on the real server. */
export function createRecord(store: BlueskyStore, req: ApiRequest, input: Input): Answer {
  const did = authorizeWrite(store, req, input, 'create')
  const rkey = text(input, 'rkey') ?? nextTid(req.nowMs)
  const { record, status } = prepare(store, { did, rkey, input })
  assertCommit(store, did, input)
  if (store.records.has(recordUri(record))) return plainError(500)
  return writeAnswer(record, commit(store, req, record, 'create'), status)
}

/** POST com.atproto.repo.putRecord: the same bytes change nothing, whatever swapRecord says. */
export function putRecord(store: BlueskyStore, req: ApiRequest, input: Input): Answer {
  const did = authorizeWrite(store, req, input, 'update')
  const { record, status } = prepare(store, { did, rkey: text(input, 'rkey') ?? '', input })
  const current = store.records.get(recordUri(record))
  if (current?.cid === record.cid) return writeAnswer(record, undefined, status)
  assertCommit(store, did, input)
  assertSwap(input.swapRecord, current)
  const action = current === undefined ? 'create' : 'update'
  return writeAnswer(record, commit(store, req, record, action), status)
}

/** POST com.atproto.repo.deleteRecord: a record that is absent is no error. */
export function deleteRecord(store: BlueskyStore, req: ApiRequest, input: Input): Answer {
  const did = authorizeWrite(store, req, input, 'delete')
  const at = { did, collection: text(input, 'collection') ?? '', rkey: text(input, 'rkey') ?? '' }
  const current = store.records.get(recordUri(at))
  if (current === undefined) return { status: 200, body: {} }
  assertCommit(store, did, input)
  assertSwap(input.swapRecord, current)
  return { status: 200, body: { commit: commit(store, req, current, 'delete') } }
}

/** POST com.atproto.repo.applyWrites: all of the writes, or none when one of them is refused. */
export function applyWrites(store: BlueskyStore, req: ApiRequest, input: Input): Answer {
  const writes = Array.isArray(input.writes) ? input.writes.filter(isRecord) : []
  if (writes.length > MAX_WRITES) throw invalidRequest(`Too many writes. Max: ${MAX_WRITES}`)
  const did = writes.map((one) =>
    authorizeWrite(store, req, { ...one, repo: input.repo }, actionOf(one)),
  )[0]
  if (did === undefined) return { status: 200, body: { results: [] } }
  assertCommit(store, did, input)
  const planned = writes.map((write) => plan(store, req, { did, write, validate: input.validate }))
  const results = planned.map(({ record, action, status }) => {
    const done = commit(store, req, record, action)
    return { done, result: resultOf(record, action, status) }
  })
  const last = results.at(-1)?.done
  return { status: 200, body: { commit: last, results: results.map(({ result }) => result) } }
}

/** What a write would do, checked. */
function plan(
  store: BlueskyStore,
  req: ApiRequest,
  { did, write, validate }: { did: string; write: Input; validate: unknown },
): { record: RepoRecord; action: Action; status: string | undefined } {
  const action = actionOf(write)
  const rkey = text(write, 'rkey') ?? nextTid(req.nowMs)
  const at = { did, collection: text(write, 'collection') ?? '', rkey }
  const current = store.records.get(recordUri(at))
  if (action === 'delete') {
    return { record: current ?? { ...at, cid: '', value: {} }, action, status: undefined }
  }
  const input = { collection: at.collection, record: write.value, validate }
  const { record, status } = prepare(store, { did, rkey, input })
  // As in createRecord, an existing key is a fault of the server.
  if (action === 'create' && current !== undefined) throw new Refusal(plainError(500))
  return { record, action, status }
}

function actionOf(write: Input): Action {
  const kind = String(write.$type).split('#')[1]
  return kind === 'update' || kind === 'delete' ? kind : 'create'
}

function resultOf(
  record: RepoRecord,
  action: Action,
  validationStatus: string | undefined,
): unknown {
  const $type = `com.atproto.repo.applyWrites#${action}Result`
  if (action === 'delete') return { $type }
  return { $type, uri: recordUri(record), cid: record.cid, validationStatus }
}

/** GET com.atproto.repo.getRecord */
export function getRecord(store: BlueskyStore, req: ApiRequest): Answer {
  const did = repoOf(store, req.query.get('repo') ?? '')
  const collection = req.query.get('collection') ?? ''
  const at = { did, collection, rkey: req.query.get('rkey') ?? '' }
  const record = store.records.get(recordUri(at))
  const cid = req.query.get('cid')
  if (record === undefined || (cid !== null && cid !== record.cid)) {
    throw refusal(400, 'RecordNotFound', `Could not locate record: ${recordUri(at)}`)
  }
  return { status: 200, body: view(record) }
}

/** GET com.atproto.repo.listRecords: newest key first unless `reverse`. */
export function listRecords(store: BlueskyStore, req: ApiRequest): Answer {
  const did = repoOf(store, req.query.get('repo') ?? '')
  const collection = req.query.get('collection') ?? ''
  const reverse = req.query.get('reverse') === 'true'
  const cursor = req.query.get('cursor')
  const size = Number(req.query.get('limit') ?? 50)
  const rkeys = [...(store.collections.get(`${did} ${collection}`) ?? [])].sort()
  const ordered = reverse ? rkeys : rkeys.reverse()
  const after = ordered.filter(
    (rkey) => cursor === null || (reverse ? rkey > cursor : rkey < cursor),
  )
  const page = after.slice(0, size)
  const records = page.flatMap(
    (rkey) => store.records.get(recordUri({ did, collection, rkey })) ?? [],
  )
  const last = page.at(-1)
  return {
    status: 200,
    body: { ...(last === undefined ? {} : { cursor: last }), records: records.map(view) },
  }
}

/** Points are spent before anything is checked, as the rate limiter of the PDS does. */
function authorizeWrite(
  store: BlueskyStore,
  req: ApiRequest,
  input: Input,
  action: Action,
): string {
  const permission = `repo:${text(input, 'collection') ?? '*'}?action=${action}` as const
  const did = authorize(store, req, permission).account_id
  spendWrite(store, req, did, POINTS[action])
  if (findAccount(store, text(input, 'repo') ?? '')?.account_id !== did) {
    throw refusal(401, 'AuthenticationRequired', 'Authentication Required')
  }
  return did
}

/** The record as it would be stored, with its CID. */
function prepare(
  store: BlueskyStore,
  write: { did: string; rkey: string; input: Input },
): { record: RepoRecord; status: string | undefined } {
  const { did, rkey, input } = write
  const collection = text(input, 'collection') ?? ''
  const validate = typeof input.validate === 'boolean' ? input.validate : undefined
  const checked = validateRecord(store, {
    did,
    collection,
    rkey,
    validate,
    record: input.record,
  })
  const { value, status } = checked
  return { record: { did, collection, rkey, value, cid: recordCid(value) }, status }
}

/** `null` means that there must be no record; a CID, that it must be the current one. */
function assertSwap(swap: unknown, current: RepoRecord | undefined): void {
  if (swap === undefined) return
  if ((current?.cid ?? null) === swap) return
  throw refusal(400, 'InvalidSwap', `Record was at ${current?.cid ?? 'null'}`)
}

function assertCommit(store: BlueskyStore, did: string, input: Input): void {
  const swap = text(input, 'swapCommit')
  const head = store.repos.get(did)?.commit
  if (swap === undefined || swap === head) return
  throw refusal(400, 'InvalidSwap', `Commit was at ${head ?? 'null'}`)
}

/** What a write adds to the repo’s history. */
interface Commit {
  cid: string
  rev: string
}

/** Applies one write. The commit CID is not that of a real signed commit. */
function commit(store: BlueskyStore, req: ApiRequest, record: RepoRecord, action: Action): Commit {
  const uri = recordUri(record)
  const rev = nextTid(req.nowMs)
  const cid = recordCid({ rev, action, uri, record: record.cid })
  store.repos.set(record.did, { commit: cid, rev })
  if (action === 'delete') {
    store.records.delete(uri)
    store.collections.get(`${record.did} ${record.collection}`)?.delete(record.rkey)
  } else {
    store.records.set(uri, record)
    indexRecord(store, record)
  }
  if (record.collection === POST) logPost(store, req, record, action)
  return { cid, rev }
}

/** Keeps the ground truth: an overwrite is an edit of the same post. */
function logPost(store: BlueskyStore, req: ApiRequest, record: RepoRecord, action: Action): void {
  const { posts } = store.state
  const platform_post_id = recordUri(record)
  const written = fullText(record.value)
  if (action === 'delete') posts.delete('bluesky', platform_post_id, req.nowMs)
  else if (action === 'update') posts.edit('bluesky', platform_post_id, written)
  else {
    const row = { platform: 'bluesky', account_id: record.did, platform_post_id } as const
    const media = shownFiles(store, record.did, record.value)
    posts.accept({ ...row, text: written, media }, req.nowMs)
  }
}

function writeAnswer(
  record: RepoRecord,
  commitMade: Commit | undefined,
  validationStatus: string | undefined,
): Answer {
  const body = { uri: recordUri(record), cid: record.cid, commit: commitMade, validationStatus }
  return { status: 200, body }
}

function repoOf(store: BlueskyStore, repo: string): string {
  const account = findAccount(store, repo)
  if (account === undefined) throw invalidRequest(`Could not find repo: ${repo}`)
  return account.account_id
}

function view(record: RepoRecord): Record<string, unknown> {
  return { uri: recordUri(record), cid: record.cid, value: record.value }
}

function text(input: Input, name: string): string | undefined {
  const value = input[name]
  return typeof value === 'string' ? value : undefined
}
