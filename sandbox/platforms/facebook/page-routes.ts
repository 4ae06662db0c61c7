import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { Answer } from '../../http/answer.ts'
import type { Before } from '../../http/endpoint.ts'
import { param } from '../meta/params.ts'
import { whenAsked, whenId } from '../meta/route-guards.ts'
import type { Call } from './access.ts'
import type { Facebook } from './facebook-store.ts'
import { createPost, listPosts, listScheduled, listStories } from './feed.ts'
import * as objects from './page-objects.ts'
import { createPhoto, createPhotoStory, isUnpublished, listPhotos, takePhoto } from './photos.ts'
import * as videos from './videos.ts'

/** Makes an endpoint of the Graph API. */
export type GraphAt = (
  step: Step,
  handle: (call: Call) => Answer,
  before?: Before,
) => RequestHandler

/** Edges and objects of Pages; ids of anything else go on to the next router. */
export function pageRoutes({ world, pages }: Facebook, at: GraphAt): Router {
  const isPage = whenId((id) => id === 'me' || world.pages.has(id))
  const router = Router({ mergeParams: true })
    .post('/:id/feed', at('publish', createPost))
    .get(['/:id/feed', '/:id/posts', '/:id/published_posts'], at('lookup', listPosts))
    .get('/:id/scheduled_posts', at('lookup', listScheduled))
    .get('/:id/stories', isPage, at('lookup', listStories))
    .get('/:id/photos', at('lookup', listPhotos))
    .post('/:id/photo_stories', at('publish', createPhotoStory))
  const photo: Before = (req) => takePhoto(pages, req)
  router
    .post('/:id/photos', whenAsked(isUnpublished), at('upload', createPhoto, photo))
    .post('/:id/photos', at('publish', createPhoto, photo))
  return addObjects(addVideos(router, pages, at), pages, at)
}

/** The phase of an upload tells whether the call publishes. */
function addVideos(router: Router, pages: Facebook['pages'], at: GraphAt): Router {
  const before: Before = (req) => videos.takeVideo(pages, req)
  router
    .post('/:id/videos', inPhase('start'), at('upload', videos.startVideo))
    .post('/:id/videos', inPhase('transfer'), at('upload', videos.transferVideo))
    .post('/:id/videos', inPhase('cancel'), at('upload', videos.cancelVideo))
    .post('/:id/videos', inPhase('finish'), at('publish', videos.finishVideo, before))
    .post('/:id/videos', at('publish', videos.createVideo, before))
  for (const [edge, use] of [
    ['video_reels', 'reel'],
    ['video_stories', 'video_story'],
  ] as const) {
    router
      .post(`/:id/${edge}`, inPhase('start'), at('upload', videos.startHosted(use)))
      .post(`/:id/${edge}`, at('publish', videos.finishHosted(use), before))
  }
  return router
}

function addObjects(router: Router, pages: Facebook['pages'], at: GraphAt): Router {
  const isPost = whenId((id) => pages.posts.has(id))
  const isPhoto = whenId((id) => pages.photos.has(id))
  const isVideo = whenId((id) => pages.videos.has(id))
  const isComment = whenId((id) => pages.state.comments.byId('facebook', id) !== undefined)
  const isObject = whenId(
    (id) => pages.posts.has(id) || pages.photos.has(id) || pages.videos.has(id),
  )
  return router
    .get('/:id', isPost, at('lookup', objects.showPost))
    .get('/:id', isPhoto, at('lookup', objects.showPhoto))
    .get('/:id', isVideo, at('status', objects.showVideo))
    .get('/:id', isComment, at('lookup', objects.showComment))
    .post('/:id', isPost, at('other', objects.editPost))
    .delete('/:id', isPost, at('delete', objects.deletePost))
    .delete('/:id', isPhoto, at('delete', objects.deletePhoto))
    .delete('/:id', isVideo, at('delete', objects.deleteVideo))
    .delete('/:id', isComment, at('delete', objects.deleteComment))
    .post('/:id/comments', isObject, at('publish', objects.addComment))
    .get('/:id/comments', isObject, at('lookup', objects.listComments))
}

/** The host of uploads, below the API here. */
export function pageUploads({ pages }: Facebook, at: GraphAt): Router {
  const before: Before = (req) => videos.pullBytes(pages, req)
  const path = '/video-upload/:version/:id'
  return Router().post(path, at('upload', videos.uploadBytes, before))
}

function inPhase(phase: string): RequestHandler {
  return whenAsked((req) => param(req, 'upload_phase') === phase)
}
