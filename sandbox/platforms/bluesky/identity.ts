import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import { blobCid } from './cid.ts'
import { invalidRequest, refusal } from './errors.ts'
import { spend } from './limits.ts'
import { authorize, findAccount } from './sessions.ts'
import type { BlueskyStore } from './store.ts'

/** PDS_BLOB_UPLOAD_LIMIT by default. */
const MAX_BLOB_BYTES = 5 * 1024 * 1024
const DAY_MS = 24 * 3_600_000

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

/** POST com.atproto.repo.uploadBlob: raw bytes; only their CID, type and size are kept. */
export function uploadBlob(store: BlueskyStore, req: ApiRequest): Answer {
  const mimeType = req.header('content-type')
  const did = authorize(store, req, `blob:${mimeType ?? '*/*'}`).account_id
  spend({ store, req, key: did, name: 'blob-day', limit: 1000, windowMs: DAY_MS })
  if (mimeType === undefined) {
    throw invalidRequest('Request encoding (Content-Type) required but not provided')
  }
  if (req.raw.length === 0) {
    throw invalidRequest('A request body is expected but none was provided')
  }
  if (req.raw.length > MAX_BLOB_BYTES) {
    throw refusal(413, 'PayloadTooLarge', 'request entity too large')
  }
  const cid = blobCid(req.raw)
  store.blobs.set(`${did} ${cid}`, { did, mime_type: mimeType, size: req.raw.length })
  return {
    status: 200,
    body: { blob: { $type: 'blob', ref: { $link: cid }, mimeType, size: req.raw.length } },
  }
}
