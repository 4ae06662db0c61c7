import { randomInt } from 'node:crypto'
import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import { endpoint, type Voice } from '../../http/endpoint.ts'
import type { ApiRequest } from '../../http/request.ts'
import { addApp, builtInClient, newClient } from '../../oauth/clients.ts'
import { type StandIn, visit } from '../stand-in.ts'
import { comment } from './comment.ts'
import { plainError, speakReddit } from './errors.ts'
import { showMe } from './me.ts'
import { inspectFile, leaseMedia, STORAGE, storeFile } from './media.ts'
import { answerConsent, revoke, showConsent, token } from './oauth.ts'
import { deleteThing, listComments, listSubmitted, showInfo, showThread } from './posts.ts'
import { openRedditStore, type RedditStore } from './store.ts'
import { submit, submitGallery, submitPoll } from './submit.ts'
import { listFlairs, listMine, showAbout, showRequirements, showRules } from './subreddits.ts'
import { expireAccount, identify, revokeAccount } from './tokens.ts'

/** Reddit's Data API: OAuth, the account, subreddits and their rules, posts and comments. */
export function makeReddit(state: SandboxState): StandIn {
  const store = openRedditStore(state)
  const name = 'Sandbox app'
  const client = builtInClient('reddit')
  addApp(store, { ...client, name, redirect_uris: null })
  return {
    platform: 'reddit',
    title: 'Reddit',
    mounts: ['/reddit'],
    router: routes(store),
    normalizeHandle: (handle) => (/^[\w-]{3,20}$/.test(handle) ? handle : undefined),
    newAccountId: () => randomInt(36 ** 8, 36 ** 9).toString(36),
    credentials: (account) => ({ username: account.handle, ...client }),
    revoke: (accountId) => revokeAccount(store, accountId),
    expire: (accountId) => expireAccount(store, accountId),
    forgetPosts: () => {
      store.posts.clear()
      store.comments.clear()
      store.leases.clear()
    },
    registerApp: ([redirectUri = '']) =>
      addApp(store, { ...newClient(store, 'reddit'), name, redirect_uris: [redirectUri] }),
  }
}

function routes(store: RedditStore): Router {
  const voice: Voice = {
    platform: 'reddit',
    identify: (req) => identify(store, req),
    speak: speakReddit,
  }
  const at = (
    step: Step,
    handle: (store: RedditStore, req: ApiRequest) => Answer,
    before?: (req: ApiRequest) => Promise<void>,
  ) => endpoint(store.state, voice, step, (req) => handle(store, req), before)
  const inspect = (req: ApiRequest) => inspectFile(store, req)
  return Router()
    .get(['/api/v1/authorize', '/api/v1/authorize.compact'], at('authorize', showConsent))
    .post('/_consent', at('authorize', answerConsent))
    .post('/api/v1/access_token', at('token', token))
    .post('/api/v1/revoke_token', at('revoke', revoke))
    .get('/api/v1/me', at('profile', showMe))
    .get('/subreddits/mine/:where', at('profile', listMine))
    .get('/api/v1/:subreddit/post_requirements', at('profile', showRequirements))
    .get(['/r/:subreddit/about', '/r/:subreddit/about.json'], at('profile', showAbout))
    .get(['/r/:subreddit/about/rules', '/r/:subreddit/about/rules.json'], at('profile', showRules))
    .get('/r/:subreddit/api/link_flair_v2', at('profile', listFlairs))
    .post('/api/submit', at('publish', submit))
    .post(
      ['/api/submit_gallery_post', '/api/submit_gallery_post.json'],
      at('publish', submitGallery),
    )
    .post(['/api/submit_poll_post', '/api/submit_poll_post.json'], at('publish', submitPoll))
    .post('/api/comment', at('publish', comment))
    .post(['/api/media/asset', '/api/media/asset.json'], at('upload', leaseMedia))
    .post(STORAGE, at('upload', storeFile, inspect))
    .post('/api/del', at('delete', deleteThing))
    .get(['/api/info', '/api/info.json'], at('lookup', showInfo))
    .get(['/user/:handle/submitted', '/user/:handle/submitted.json'], at('lookup', listSubmitted))
    .get(['/user/:handle/comments', '/user/:handle/comments.json'], at('lookup', listComments))
    .get(['/comments/:id', '/r/:subreddit/comments/:id'], at('lookup', showThread))
    .get('/r/:subreddit/comments/:id/:slug{/:comment}', visitPost(store))
    .get(['/user/:handle', '/u/:handle'], visit('reddit', 'handle'))
    .all(
      '/*rest',
      at('other', () => plainError(404)),
    )
}

/** A permalink leads to the page of its author. */
function visitPost({ posts }: RedditStore): RequestHandler {
  return (req, res) => {
    const account = posts.get(String(req.params.id))?.account_id
    if (account === undefined) res.status(404).end()
    else res.redirect(`/?${new URLSearchParams({ platform: 'reddit', account })}`)
  }
}
