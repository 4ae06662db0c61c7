import { type Answer, json } from '../../http/answer.ts'
import { publish, statusOf } from './containers.ts'
import { type GraphProblem, refuse } from './errors.ts'
import { parseFields, present } from './fields.ts'
import { accountOf, containerOf, type InstagramCall } from './instagram-call.ts'
import { NOT_READY, noContainer } from './instagram-container.ts'
import { postQuota, spendPost } from './instagram-quota.ts'
import { param, requiredParam } from './params.ts'

/** POST /{ig}/media_publish: once per container. */
export function publishContainer(call: InstagramCall): Answer {
  const account = accountOf(call, 'publish')
  const { req, store } = call
  const id = requiredParam(req, 'creation_id')
  const container = containerOf(call, id)
  // A part of a carousel is no post of its own.
  if (container?.account_id !== account.account_id || container.is_item) {
    throw refuse(noContainer(id))
  }
  switch (statusOf(container, req.nowMs)) {
    case 'IN_PROGRESS':
      throw refuse(NOT_READY)
    case 'EXPIRED':
      throw refuse(EXPIRED)
    case 'ERROR':
      throw refuse(FAILED)
    case 'PUBLISHED':
      throw refuse(noContainer(id))
    case 'FINISHED':
      spendPost(store, account.account_id, req)
      return json(200, { id: publish(store, container, req.nowMs).id })
  }
}

/** GET /{ig}/content_publishing_limit: a list with one entry. */
export function showPublishingLimit(call: InstagramCall): Answer {
  const account = accountOf(call, 'publish')
  const { used, limit, durationS } = postQuota(call.store, account.account_id, call.req)
  const node = {
    type: 'IGContentPublishingLimit',
    defaults: ['quota_usage'],
    values: {
      quota_usage: () => used,
      config: () => ({ quota_total: limit, quota_duration: durationS }),
    },
  }
  return json(200, { data: [present(node, parseFields(param(call.req, 'fields')))] })
}

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes */
const EXPIRED: GraphProblem = {
  message: 'The media you are trying to access has expired.',
  code: -2,
  subcode: 2207020,
  isTransient: false,
  userTitle: 'Media expired',
  userMessage: 'The media you are trying to access has expired. Please try to upload again.',
}

const FAILED: GraphProblem = {
  message: 'Create media fail, please try to re-create media',
  code: -1,
  subcode: 2207032,
  isTransient: false,
  userTitle: 'Create media failed',
  userMessage: 'Create media fail, please try to re-create media',
}
