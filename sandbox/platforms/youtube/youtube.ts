import { randomBytes } from 'node:crypto'
import type { RequestHandler, Router } from 'express'
import type { SandboxState } from '../../core/state.ts'
import type { Answer } from '../../http/answer.ts'
import type { ApiRequest } from '../../http/request.ts'
import {
  accountControls,
  accountServer,
  addBuiltInApp,
  type GoogleAt,
} from '../google/account-server.ts'
import type { GoogleSite } from '../google/site.ts'
import { openGoogleStore } from '../google/store.ts'
import type { StandIn } from '../stand-in.ts'
import { listChannels } from './channels.ts'
import { deleteComment, insertCommentThread, listCommentThreads } from './comments.ts'
import { badContent, badToken, missingScope, notFound } from './errors.ts'
import { listPlaylistItems } from './playlist-items.ts'
import { openYoutube, type Youtube } from './store.ts'
import { inspectThumbnail, setThumbnail } from './thumbnails.ts'
import { inspectVideo, putPart, sessionOwner, startUpload, stepOfPut } from './upload.ts'
import { asksForState, deleteVideo, listVideos, updateVideo } from './videos.ts'

/** YouTube Data API v3 behind Google's account server; the account id is the channel's. */
export function makeYoutube(state: SandboxState): StandIn {
  const site: GoogleSite = {
    store: openGoogleStore(state),
    platform: 'youtube',
    title: 'YouTube',
    badToken,
    missingScope,
    badContent,
    identify: (req) => sessionOwner(youtube, req),
  }
  const youtube = openYoutube(state, site)
  const app = addBuiltInApp(site)
  const { router, at } = accountServer(site)
  addRoutes(router, at, youtube)
  return {
    platform: 'youtube',
    title: 'YouTube',
    mounts: ['/youtube'],
    router,
    normalizeHandle: (handle) => (/^[A-Za-z0-9._-]{3,30}$/.test(handle) ? handle : undefined),
    newAccountId: () => `UC${randomBytes(16).toString('base64url')}`,
    credentials: (account) => ({
      username: account.handle,
      client_id: app.client_id,
      client_secret: app.client_secret,
    }),
    forgetPosts: () => {
      youtube.videos.clear()
      youtube.sessions.clear()
    },
    ...accountControls(site),
  }
}

function addRoutes(router: Router, at: GoogleAt, youtube: Youtube): void {
  const of = (handle: (youtube: Youtube, req: ApiRequest) => Answer) => {
    return (_site: GoogleSite, req: ApiRequest) => handle(youtube, req)
  }
  const thumbnail = (req: ApiRequest) => inspectThumbnail(youtube, req)
  router
    .get('/youtube/v3/channels', at('profile', listChannels))
    .post('/upload/youtube/v3/videos', at('upload', of(startUpload)))
    .put('/upload/youtube/v3/videos', putting(at, youtube))
    .post('/upload/youtube/v3/thumbnails/set', at('upload', of(setThumbnail), thumbnail))
    .get('/youtube/v3/videos', listing(at, youtube))
    .put('/youtube/v3/videos', at('other', of(updateVideo)))
    .delete('/youtube/v3/videos', at('delete', of(deleteVideo)))
    .get('/youtube/v3/playlistItems', at('lookup', of(listPlaylistItems)))
    .post('/youtube/v3/commentThreads', at('publish', of(insertCommentThread)))
    .get('/youtube/v3/commentThreads', at('lookup', of(listCommentThreads)))
    .delete('/youtube/v3/comments', at('delete', of(deleteComment)))
    .get(['/watch', '/shorts/:id'], visitVideo(youtube))
    .all('/*rest', at('other', notFound))
}

/** The last part publishes; a part without bytes asks how far it is. */
function putting(at: GoogleAt, youtube: Youtube): RequestHandler {
  const put = (_site: GoogleSite, req: ApiRequest) => putPart(youtube, req)
  const inspect = (req: ApiRequest) => inspectVideo(youtube, req)
  const handlers = {
    publish: at('publish', put, inspect),
    upload: at('upload', put),
    status: at('status', put),
  }
  return (req, res, next) => handlers[stepOfPut(req)](req, res, next)
}

/** A list that shows `status` is a look at the processing, any other one a lookup. */
function listing(at: GoogleAt, youtube: Youtube): RequestHandler {
  const list = (_site: GoogleSite, req: ApiRequest) => listVideos(youtube, req)
  const [status, lookup] = [at('status', list), at('lookup', list)]
  return (req, res, next) => {
    const query = new URL(req.originalUrl, 'http://sandbox').searchParams
    return (asksForState({ query }) ? status : lookup)(req, res, next)
  }
}

/** A permalink leads to the page of its channel. */
function visitVideo({ videos }: Youtube): RequestHandler {
  return (req, res) => {
    const account = videos.get(String(req.params.id ?? req.query.v))?.channel
    if (account === undefined) res.status(404).end()
    else res.redirect(`/?${new URLSearchParams({ platform: 'youtube', account })}`)
  }
}
