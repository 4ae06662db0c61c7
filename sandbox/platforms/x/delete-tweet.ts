import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { forbidden, invalidRequest } from './errors.ts'
import { removeTweet, type XStore } from './store.ts'
import { authorize, spend } from './tokens.ts'

/** DELETE /2/tweets/:id : a post that is gone already also answers `deleted: true`. */
export function deleteTweet(store: XStore, req: ApiRequest): Answer {
  const { account_id: accountId } = authorize(store, req, [
    'tweet.write',
    'tweet.read',
    'users.read',
  ])
  spend(store, req, { accountId, name: 'DELETE tweets', limit: 50 })
  const id = req.params.id ?? ''
  if (!/^[0-9]{1,19}$/.test(id)) {
    return invalidRequest(`The \`id\` query parameter value [${id}] is not valid`, { id: [id] })
  }
  const tweet = store.tweets.get(id)
  if (tweet !== undefined && tweet.author_id !== accountId) {
    return forbidden('You are not authorized to delete this Tweet.')
  }
  if (tweet !== undefined) removeTweet(store, tweet)
  store.state.posts.delete('x', id, req.nowMs)
  return { status: 200, body: { data: { deleted: true } } }
}
