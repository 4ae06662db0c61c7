import { compareIds } from '../../core/ids.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalidRequest, tweetNotFound } from './errors.ts'
import {
  assertKnown,
  idParam,
  idsParam,
  instantParam,
  listParam,
  numberParam,
  refuse,
} from './query.ts'
import { authoredBy, type Tweet, type XStore } from './store.ts'
import { authorize, spend } from './tokens.ts'
import { FIELD_PARAMS, includesOf, presentTweet, wantedFields } from './tweet-fields.ts'

const TIMELINE_PARAMS = [
  ...FIELD_PARAMS,
  'max_results',
  'since_id',
  'until_id',
  'start_time',
  'end_time',
  'exclude',
  'pagination_token',
]
const READ_SCOPES = ['tweet.read', 'users.read']

/** The part of a timeline that is asked for; `since` and `before` are exclusive. */
interface Page {
  sinceId: string | undefined
  untilId: string | undefined
  startMs: number | undefined
  endMs: number | undefined
  exclude: string[]
  before: string | undefined
  size: number
}

/** GET /2/users/:id/tweets https://docs.x.com/x-api/users/get-posts */
export function listTweets(store: XStore, req: ApiRequest): Answer {
  const { account_id: reader } = authorize(store, req, READ_SCOPES)
  spend(store, req, { accountId: reader, name: 'GET users/:id/tweets', limit: 900 })
  assertKnown(req.query, TIMELINE_PARAMS)
  const userId = req.params.id ?? ''
  if (!/^[0-9]{1,19}$/.test(userId)) {
    return invalidRequest(`The \`id\` query parameter value [${userId}] is not valid`, {
      id: [userId],
    })
  }
  const fields = wantedFields(req.query)
  const page = readPage(req.query)
  if (store.state.accounts.byId('x', userId) === undefined) return userNotFound(userId)
  const matching = authoredBy(store, userId).filter((tweet) => matches(tweet, page))
  const newestFirst = matching.toReversed()
  const shown = newestFirst.slice(0, page.size)
  return {
    status: 200,
    body: {
      ...timelineBody(store, shown, fields, newestFirst.length > shown.length),
      includes: includesOf(store, shown, req.query),
    },
  }
}

function readPage(query: URLSearchParams): Page {
  const token = query.get('pagination_token')
  return {
    sinceId: idParam(query, 'since_id'),
    untilId: idParam(query, 'until_id'),
    startMs: instantParam(query, 'start_time'),
    endMs: instantParam(query, 'end_time'),
    exclude: listParam(query, 'exclude', ['replies', 'retweets']),
    before: token === null ? undefined : readToken(token),
    size: numberParam(query, 'max_results', { min: 5, max: 100, fallback: 10 }),
  }
}

function matches(tweet: Tweet, page: Page): boolean {
  if (page.exclude.includes('replies') && tweet.in_reply_to !== null) return false
  if (page.before !== undefined && compareIds(tweet.id, page.before) >= 0) return false
  if (page.untilId !== undefined && compareIds(tweet.id, page.untilId) >= 0) return false
  if (page.sinceId !== undefined && compareIds(tweet.id, page.sinceId) <= 0) return false
  if (page.startMs !== undefined && tweet.accepted_at_ms < page.startMs) return false
  return page.endMs === undefined || tweet.accepted_at_ms < page.endMs
}

/** An empty timeline has no `data` at all. */
function timelineBody(
  store: XStore,
  shown: Tweet[],
  fields: Set<string>,
  more: boolean,
): Record<string, unknown> {
  const newest = shown[0]
  const oldest = shown.at(-1)
  if (newest === undefined || oldest === undefined) return { meta: { result_count: 0 } }
  const meta = { result_count: shown.length, newest_id: newest.id, oldest_id: oldest.id }
  return {
    data: shown.map((tweet) => presentTweet(store, tweet, fields)),
    meta: more ? { ...meta, next_token: makeToken(oldest.id) } : meta,
  }
}

/** GET /2/tweets?ids= */
export function lookUpTweets(store: XStore, req: ApiRequest): Answer {
  return lookUp(store, req, () => {
    assertKnown(req.query, ['ids', ...FIELD_PARAMS])
    return { ids: idsParam(req.query, 100), parameter: 'ids' }
  })
}

/** GET /2/tweets/:id */
export function showTweet(store: XStore, req: ApiRequest): Answer {
  return lookUp(store, req, () => {
    assertKnown(req.query, FIELD_PARAMS)
    return { ids: [req.params.id ?? ''], parameter: 'id' }
  })
}

function lookUp(
  store: XStore,
  req: ApiRequest,
  ask: () => { ids: string[]; parameter: 'id' | 'ids' },
): Answer {
  const { account_id: accountId } = authorize(store, req, READ_SCOPES)
  spend(store, req, { accountId, name: 'GET tweets', limit: 900 })
  const { ids, parameter } = ask()
  const fields = wantedFields(req.query)
  const found = ids.flatMap((id) => store.tweets.get(id) ?? [])
  const missing = ids.filter((id) => !store.tweets.has(id))
  const data = found.map((tweet) => presentTweet(store, tweet, fields))
  const includes = includesOf(store, found, req.query)
  return {
    status: 200,
    body: {
      ...(data.length === 0 ? {} : { data: parameter === 'id' ? data[0] : data }),
      ...(includes === undefined ? {} : { includes }),
      ...(missing.length === 0
        ? {}
        : { errors: missing.map((id) => tweetNotFound(id, parameter)) }),
    },
  }
}

function userNotFound(id: string): Answer {
  const error = {
    value: id,
    detail: `Could not find user with id: [${id}].`,
    title: 'Not Found Error',
    resource_type: 'user',
    parameter: 'id',
    resource_id: id,
    type: 'https://api.twitter.com/2/problems/resource-not-found',
  }
  return { status: 200, body: { errors: [error] } }
}

function makeToken(id: string): string {
  return Buffer.from(`before ${id}`).toString('base64url')
}

function readToken(token: string): string {
  const id = /^before ([0-9]{1,19})$/.exec(Buffer.from(token, 'base64url').toString())?.[1]
  if (id !== undefined) return id
  throw refuse(
    'pagination_token',
    token,
    `The \`pagination_token\` query parameter value [${token}] is not valid`,
  )
}
