import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { Answer } from '../../http/answer.ts'
import type { Before } from '../../http/endpoint.ts'
import type { ContainerStore } from './containers.ts'
import type { InstagramHandler } from './instagram-call.ts'
import { addComment, deleteComment, listComments, showComment } from './instagram-comments.ts'
import { createContainer, pullMedia, toggleComments } from './instagram-container.ts'
import { deleteMedia, listMedia, listStories, showContainer, showMedia } from './instagram-media.ts'
import { publishContainer, showPublishingLimit } from './instagram-publish.ts'
import { inspectUpload, settleUpload, uploadVideo } from './instagram-upload.ts'
import { whenId } from './route-guards.ts'
import { pullUpload } from './rupload.ts'

/** Makes an endpoint of the host's login. */
export type InstagramAt = (step: Step, handle: InstagramHandler, before?: Before) => RequestHandler

/** Nodes and edges of Instagram accounts, the same on both hosts but for DELETE. */
export function instagramRoutes(store: ContainerStore, at: InstagramAt): Router {
  const isContainer = whenId((id) => store.containers.has(id))
  const isMedia = whenId((id) => store.media.has(id))
  const isComment = whenId((id) => store.state.comments.byId('instagram', id) !== undefined)
  const inspect: Before = (req) => inspectUpload(store, req)
  return Router({ mergeParams: true })
    .post(
      '/:id/media',
      at('upload', createContainer, (req) => pullMedia(store, req)),
    )
    .post('/:id/media_publish', at('publish', publishContainer))
    .get('/:id/content_publishing_limit', at('other', showPublishingLimit))
    .get('/:id/media', at('lookup', listMedia))
    .get('/:id/stories', at('lookup', listStories))
    .get('/:id', isContainer, at('status', pollContainer, inspect))
    .get('/:id', isMedia, at('lookup', showMedia))
    .get('/:id', isComment, at('lookup', showComment))
    .post('/:id', isMedia, at('other', toggleComments))
    .post('/:id/comments', at('publish', addComment))
    .get('/:id/comments', at('lookup', listComments))
    .delete('/:id', isComment, at('delete', deleteComment))
}

/** DELETE /{media}, which only Facebook Login has. */
export function instagramDelete(store: ContainerStore, at: InstagramAt): Router {
  const isMedia = whenId((id) => store.media.has(id))
  return Router({ mergeParams: true }).delete('/:id', isMedia, at('delete', deleteMedia))
}

/** The host of uploads, below either API. */
export function instagramUploads({ state }: ContainerStore, at: InstagramAt): Router {
  const before: Before = (req) => pullUpload(state.shelf, req)
  return Router().post('/ig-api-upload/:version/:id', at('upload', uploadVideo, before))
}

function pollContainer(call: Parameters<InstagramHandler>[0]): Answer {
  settleUpload(call)
  return showContainer(call)
}
