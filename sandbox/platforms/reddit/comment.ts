import { randomInt } from 'node:crypto'
import type { Answer } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import type { ApiRequest } from '../../http/request.ts'
import { canRead, findCommunity } from './communities.ts'
import { plainError, type RedditError, written } from './errors.ts'
import { presentComment } from './posts.ts'
import type { RedditComment, RedditPost, RedditStore } from './store.ts'
import { callerOf } from './tokens.ts'

const MAX_CHARS = 10_000

/** POST /api/comment: to a post (`t3_`) or to a comment (`t1_`). */
export function comment(store: RedditStore, req: ApiRequest): Answer {
  const account = callerOf(store, req, 'submit')
  const parent = textField(req.body, 'thing_id') ?? ''
  const text = textField(req.body, 'text') ?? ''
  const post = postUnder(store, parent)
  const fault = faultOf(post, text)
  if (fault !== undefined || post === undefined) return written(fault === undefined ? [] : [fault])
  const community = findCommunity(post.subreddit)
  if (community !== undefined && !canRead(community, account.handle)) return plainError(403)
  const made: RedditComment = {
    id: randomInt(36 ** 6, 36 ** 7).toString(36),
    account_id: account.account_id,
    parent,
    post: post.id,
    text,
    created_at_ms: req.nowMs,
    deleted: false,
  }
  store.comments.set(made.id, made)
  store.state.comments.accept(
    {
      platform: 'reddit',
      account_id: account.account_id,
      platform_post_id: `t3_${post.id}`,
      comment_id: `t1_${made.id}`,
      text,
    },
    req.nowMs,
  )
  return written([], { things: [presentComment(store, req, made)] })
}

/** The post a thing is, or stands under; undefined when it is not to be answered. */
function postUnder(store: RedditStore, name: string): RedditPost | undefined {
  const [type, id = ''] = name.split('_')
  if (type === 't3') return store.posts.get(id)
  const said = type === 't1' ? store.comments.get(id) : undefined
  return said === undefined || said.deleted ? undefined : store.posts.get(said.post)
}

function faultOf(post: RedditPost | undefined, text: string): RedditError | undefined {
  if (text.trim() === '') return ['NO_TEXT', 'we need something here', 'text']
  if ([...text].length > MAX_CHARS) {
    return ['TOO_LONG', `this is too long (max: ${MAX_CHARS})`, 'text']
  }
  if (post === undefined) return ['NO_THING_ID', 'id not specified', 'parent']
  if (post.state !== 'deleted') return undefined
  return ['DELETED_LINK', 'the link you are commenting on has been deleted', 'parent']
}
