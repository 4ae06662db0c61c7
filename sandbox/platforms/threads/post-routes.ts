import { type RequestHandler, Router } from 'express'
import type { Step } from '../../core/calls.ts'
import type { Before } from '../../http/endpoint.ts'
import type { ContainerStore } from '../meta/containers.ts'
import { whenAsked, whenId } from '../meta/route-guards.ts'
import type { ThreadsHandler } from './call.ts'
import { createContainer, isOneStep, pullMedia } from './create-container.ts'
import {
  deletePost,
  listPosts,
  listReplies,
  listRepliesTo,
  publishContainer,
  showContainer,
  showPost,
  showPublishingLimit,
} from './posts.ts'

/** Makes an endpoint of the API. */
export type ThreadsAt = (step: Step, handle: ThreadsHandler, before?: Before) => RequestHandler

/** Containers and posts; ids of anything else go on to the next route. */
export function postRoutes(store: ContainerStore, at: ThreadsAt): Router {
  const isContainer = whenId((id) => store.containers.has(id))
  const isPost = whenId((id) => store.media.has(id))
  const before: Before = (req) => pullMedia(store, req)
  return Router({ mergeParams: true })
    .post('/:id/threads', whenAsked(isOneStep), at('publish', createContainer, before))
    .post('/:id/threads', at('upload', createContainer, before))
    .post('/:id/threads_publish', at('publish', publishContainer))
    .get('/:id/threads', at('lookup', listPosts))
    .get('/:id/replies', isPost, at('lookup', listRepliesTo))
    .get('/:id/replies', at('lookup', listReplies))
    .get('/:id/threads_publishing_limit', at('other', showPublishingLimit))
    .get('/:id', isContainer, at('status', showContainer))
    .get('/:id', isPost, at('lookup', showPost))
    .delete('/:id', at('delete', deletePost))
}
