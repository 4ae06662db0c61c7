import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { invalidRequest } from './errors.ts'
import { authorize, findAccount } from './sessions.ts'
import type { BlueskyStore } from './store.ts'

/** GET app.bsky.actor.getProfile */
export function getProfile(store: BlueskyStore, req: ApiRequest): Answer {
  authorize(store, req, 'rpc:app.bsky.actor.getProfile?aud=did:web:api.bsky.app%23bsky_appview')
  const account = findAccount(store, req.query.get('actor') ?? '')
  if (account === undefined) throw invalidRequest('Profile not found')
  return {
    status: 200,
    body: {
      did: account.account_id,
      handle: account.handle,
      displayName: account.display_name,
      createdAt: account.created_at,
      indexedAt: account.created_at,
      description: '',
      followersCount: 42,
      followsCount: 17,
      postsCount: store.state.posts.countOf('bluesky', account.account_id),
      associated: { lists: 0, feedgens: 0, starterPacks: 0, labeler: false },
      viewer: { muted: false, blockedBy: false },
      labels: [],
    },
  }
}

/** GET com.atproto.identity.resolveHandle */
export function resolveHandle(store: BlueskyStore, req: ApiRequest): Answer {
  const handle = req.query.get('handle') ?? ''
  const account = store.state.accounts.byHandle('bluesky', handle)
  if (account === undefined) throw invalidRequest('Unable to resolve handle')
  return { status: 200, body: { did: account.account_id } }
}

/** GET com.atproto.server.describeServer */
export function describeServer(): Answer {
  return {
    status: 200,
    body: {
      did: 'did:web:sandbox.invalid',
      availableUserDomains: ['.bsky.social'],
      inviteCodeRequired: false,
      links: {},
      contact: {},
    },
  }
}
