import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { textField } from '../../http/body.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { type StandIn, visit } from '../stand-in.ts'
import { sniffBlob, uploadBlob } from './blobs.ts'
import { base32 } from './cid.ts'
import { describeRepo, showDidDocument } from './did.ts'
import { speakBluesky } from './errors.ts'
import { getPosts } from './feed.ts'
import { describeServer, getProfile, resolveHandle } from './identity.ts'
import { oauthRoutes } from './oauth.ts'
import { endSessionsOf, expireSessionsOf } from './oauth-sessions.ts'
import {
  applyWrites,
  createRecord,
  deleteRecord,
  getRecord,
  listRecords,
  putRecord,
} from './repo.ts'
import { getServiceAuth } from './service-auth.ts'
import {
  createSession,
  deleteSession,
  expireAccess,
  getSession,
  identify,
  newAppPassword,
  refreshSession,
  revokePasswords,
} from './sessions.ts'
import { type BlueskyStore, openBlueskyStore } from './store.ts'
import { getJobStatus, getUploadLimits, inspectVideo, uploadVideo } from './video.ts'
import { checkInput, methodNotImplemented, type Shape } from './xrpc.ts'

type Method = (store: BlueskyStore, req: ApiRequest, input: Record<string, unknown>) => Answer

const METHODS: [string, Step, Shape, Method][] = [
  ['com.atproto.server.createSession', 'token', 'json', createSession],
  ['com.atproto.server.refreshSession', 'token', 'empty', refreshSession],
  ['com.atproto.server.deleteSession', 'revoke', 'empty', deleteSession],
  ['com.atproto.server.getSession', 'profile', 'query', getSession],
  ['com.atproto.server.describeServer', 'other', 'query', describeServer],
  ['com.atproto.identity.resolveHandle', 'profile', 'query', resolveHandle],
  ['app.bsky.actor.getProfile', 'profile', 'query', getProfile],
  ['com.atproto.repo.uploadBlob', 'upload', 'bytes', uploadBlob],
  ['com.atproto.repo.describeRepo', 'profile', 'query', describeRepo],
  ['com.atproto.repo.createRecord', 'publish', 'json', createRecord],
  ['com.atproto.repo.putRecord', 'publish', 'json', putRecord],
  ['com.atproto.repo.getRecord', 'lookup', 'query', getRecord],
  ['com.atproto.repo.listRecords', 'lookup', 'query', listRecords],
  ['com.atproto.repo.deleteRecord', 'delete', 'json', deleteRecord],
  ['com.atproto.repo.applyWrites', 'publish', 'json', applyWrites],
  ['com.atproto.server.getServiceAuth', 'other', 'query', getServiceAuth],
  ['app.bsky.feed.getPosts', 'lookup', 'query', getPosts],
  // The video service is another host: a client reaches it by a base address of its own.
  ['app.bsky.video.uploadVideo', 'upload', 'bytes', uploadVideo],
  ['app.bsky.video.getJobStatus', 'status', 'query', getJobStatus],
  ['app.bsky.video.getUploadLimits', 'other', 'query', getUploadLimits],
]

/** Methods that take files look into them first. */
const BEFORE: Record<string, (store: BlueskyStore, req: ApiRequest) => Promise<void>> = {
  'com.atproto.repo.uploadBlob': sniffBlob,
  'app.bsky.video.uploadVideo': inspectVideo,
}

const HANDLE = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/

/** An AT Protocol PDS with app passwords and OAuth. A service URL is often only an origin, hence `/`. */
export function makeBluesky(state: SandboxState): StandIn {
  const store = openBlueskyStore(state)
  return {
    platform: 'bluesky',
    title: 'Bluesky',
    mounts: ['/bluesky', '/'],
    router: routes(store),
    normalizeHandle,
    newAccountId: () => `did:plc:${base32(randomBytes(15))}`,
    credentials: (account, origin) => ({
      identifier: account.handle,
      app_password: usablePassword(store, account.account_id),
      service_url: origin,
    }),
    revoke: (accountId) => {
      revokePasswords(store, accountId)
      endSessionsOf(store, accountId)
    },
    expire: (accountId) => {
      expireAccess(store, accountId)
      expireSessionsOf(store, accountId)
    },
    forgetPosts: () => {
      store.records.clear()
      store.collections.clear()
    },
  }
}

/** Handles are domain names; a bare name gets the provider’s suffix. */
function normalizeHandle(handle: string): string | undefined {
  const lower = handle.toLowerCase()
  const full = lower.includes('.') ? lower : `${lower}.bsky.social`
  return HANDLE.test(full) && full.length <= 253 ? full : undefined
}

/** A revoked password is replaced, so that tests can always log in. */
function usablePassword(store: BlueskyStore, did: string): string {
  const usable = [...store.passwords.values()].find((row) => row.did === did && !row.revoked)
  return usable?.password ?? newAppPassword(store, did)
}

function routes(store: BlueskyStore): Router {
  const voice: Voice = {
    platform: 'bluesky',
    identify: (req) => identify(store, req, textField(req.body, 'identifier') ?? ''),
    speak: speakBluesky,
  }
  const router = Router()
  for (const [nsid, step, shape, method] of METHODS) {
    const handle = (req: ApiRequest): Answer => method(store, req, checkInput(req, nsid, shape))
    const before = async (req: ApiRequest): Promise<void> => BEFORE[nsid]?.(store, req)
    router.all(`/xrpc/${nsid}`, endpoint(store.state, voice, step, handle, before))
  }
  router.use(oauthRoutes(store, voice))
  const didDocument = (req: ApiRequest): Answer => showDidDocument(store, req)
  router.get(
    /^\/(?<did>did:plc:[a-z2-7]{24})$/,
    endpoint(store.state, voice, 'profile', didDocument),
  )
  const version = (): Answer => ({ status: 200, body: { version: 'sandbox' } })
  router.get('/xrpc/_health', endpoint(store.state, voice, 'other', version))
  router.get(['/profile/:actor', '/profile/:actor/post/:rkey'], visit('bluesky', 'actor'))
  return router.all('/xrpc/*rest', endpoint(store.state, voice, 'other', methodNotImplemented))
}
