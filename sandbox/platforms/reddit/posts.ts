import type { Account } from '../../core/accounts.ts'
import { type Answer, json, Refusal } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { plainError } from './errors.ts'
import { listing, type Thing } from './listing.ts'
import { escapeUnlessRaw } from './present.ts'
import type { RedditComment, RedditPost, RedditStore } from './store.ts'
import { callerOf } from './tokens.ts'

const MAX_IDS = 100
const GONE = '[deleted]'

/** GET /user/{name}/submitted: newest first; media posts once they are processed. */
export function listSubmitted(store: RedditStore, req: ApiRequest): Answer {
  const author = authorOf(store, req)
  const own = [...store.posts.values()].filter((one) => one.account_id === author.account_id)
  for (const post of own) advance(req, post)
  const shown = own.filter((one) => one.state === 'up').reverse()
  return json(
    200,
    listing(
      shown.map((one) => presentPost(store, req, one)),
      req.query,
    ),
  )
}

/** GET /user/{name}/comments: newest first. */
export function listComments(store: RedditStore, req: ApiRequest): Answer {
  const author = authorOf(store, req)
  const own = [...store.comments.values()]
    .filter((one) => one.account_id === author.account_id && !one.deleted)
    .reverse()
  return json(
    200,
    listing(
      own.map((one) => presentComment(store, req, one)),
      req.query,
    ),
  )
}

/** GET /comments/{id}: the post, and what was said to it. */
export function showThread(store: RedditStore, req: ApiRequest): Answer {
  callerOf(store, req, 'read')
  const post = store.posts.get(req.params.id ?? '')
  if (post === undefined || post.state === 'working') return plainError(404)
  const said = [...store.comments.values()].filter((one) => one.post === post.id)
  const all = new URLSearchParams({ limit: '100' })
  return json(200, [
    listing([presentPost(store, req, post)], all),
    listing(
      said.reverse().map((one) => presentComment(store, req, one)),
      all,
    ),
  ])
}

/** GET /api/info?id=t3_a,t1_b: what is not there is left out, what was deleted is emptied. */
export function showInfo(store: RedditStore, req: ApiRequest): Answer {
  callerOf(store, req, 'read')
  const names = (req.query.get('id') ?? '').split(',').slice(0, MAX_IDS)
  const things = names.flatMap((name) => thingOf(store, req, name) ?? [])
  return json(200, listing(things, new URLSearchParams({ limit: String(MAX_IDS) })))
}

/** POST /api/del: silent, also about what is gone already. */
export function deleteThing(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'edit')
  const name = textField(req.body, 'id') ?? ''
  const [type, id = ''] = name.split('_')
  const thing = type === 't1' ? store.comments.get(id) : store.posts.get(id)
  if (thing !== undefined && thing.account_id !== account.account_id) {
    throw new Refusal(plainError(403))
  }
  if (thing !== undefined && 'parent' in thing) {
    thing.deleted = true
    store.state.comments.delete('reddit', name, req.nowMs)
  } else if (thing !== undefined) {
    thing.state = 'deleted'
    store.state.posts.delete('reddit', name, req.nowMs)
  }
  return json(200, {})
}

/** Where a person reads it. */
export function permalinkOf(req: ApiRequest, post: RedditPost): string {
  return `${req.origin}${req.mount}${pathOf(post)}`
}

export function presentComment(store: RedditStore, req: ApiRequest, comment: RedditComment): Thing {
  const { id, parent, post, text, deleted } = comment
  const author = store.state.accounts.byId('reddit', comment.account_id)?.handle
  const under = store.posts.get(post)
  const data = {
    id,
    name: `t1_${id}`,
    author: deleted ? GONE : author,
    body: deleted ? GONE : escapeUnlessRaw(text, req.query),
    parent_id: parent,
    link_id: `t3_${post}`,
    subreddit: under?.subreddit,
    permalink: under === undefined ? '' : `${pathOf(under)}${id}/`,
    created_utc: Math.floor(comment.created_at_ms / 1000),
    score: 1,
    replies: '',
  }
  return { kind: 't1', data }
}

function presentPost(store: RedditStore, req: ApiRequest, post: RedditPost): Thing {
  const { id, subreddit, kind, state } = post
  const isGone = state === 'deleted'
  const isText = kind === 'self' || kind === 'poll'
  const author = store.state.accounts.byId('reddit', post.account_id)?.handle
  const shown = (text: string) => escapeUnlessRaw(text, req.query)
  const isProfile = subreddit.startsWith('u_')
  const said = [...store.comments.values()].filter((one) => one.post === id && !one.deleted)
  const data = {
    id,
    name: `t3_${id}`,
    title: shown(post.title),
    author: isGone ? GONE : author,
    subreddit,
    subreddit_name_prefixed: isProfile ? `u/${subreddit.slice(2)}` : `r/${subreddit}`,
    selftext: isGone ? GONE : shown(post.text),
    is_self: isText,
    is_gallery: kind === 'gallery' ? true : undefined,
    is_video: kind === 'video' || kind === 'videogif',
    url: kind === 'link' ? post.url : permalinkOf(req, post),
    permalink: pathOf(post),
    created_utc: Math.floor(post.created_at_ms / 1000),
    link_flair_template_id: post.flair_id ?? undefined,
    link_flair_text: post.flair_text,
    over_18: post.nsfw,
    spoiler: post.spoiler,
    removed_by_category: isGone ? 'deleted' : null,
    score: 1,
    ups: 1,
    upvote_ratio: 1,
    num_comments: said.length,
    num_crossposts: 0,
    total_awards_received: 0,
    view_count: null,
    locked: false,
  }
  return { kind: 't3', data }
}

/** One look, with which processing ends unless it is to take longer. */
function advance(req: ApiRequest, post: RedditPost): void {
  if (post.state !== 'working' || req.fault === 'processing') return
  if (post.looks_left > 0) post.looks_left -= 1
  else post.state = 'up'
}

function thingOf(store: RedditStore, req: ApiRequest, name: string): Thing | undefined {
  const [type, id = ''] = name.split('_')
  if (type === 't1') {
    const comment = store.comments.get(id)
    return comment === undefined ? undefined : presentComment(store, req, comment)
  }
  const post = type === 't3' ? store.posts.get(id) : undefined
  if (post === undefined || post.state === 'working') return undefined
  return presentPost(store, req, post)
}

function authorOf(store: RedditStore, req: ApiRequest): Account {
  callerOf(store, req, 'history')
  const author = store.state.accounts.byHandle('reddit', req.params.handle ?? '')
  if (author === undefined) throw new Refusal(plainError(404))
  return author
}

function pathOf({ id, subreddit, title }: RedditPost): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['_']
  return `/r/${subreddit}/comments/${id}/${words.join('_').slice(0, 50)}/`
}
