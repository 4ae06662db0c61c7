import type { EntityManager } from '@mikro-orm/postgresql'
import type { WebhookEndpoint } from '../../db/entities/webhook-endpoint.ts'
import { getEndpoint, lockEndpoint } from '../../db/repositories/webhook-endpoints.ts'
import type { Requester } from '../contract/operation.ts'
import type { WebhookEndpointAnswer } from '../contract/schemas/webhooks.ts'
import { presentWebhookEndpoint } from '../presenters/webhook-endpoint.ts'

/** The tenant's row; throws `not_found`, for other tenants' ids too. */
export async function findEndpoint(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<WebhookEndpoint> {
  const row = await getEndpoint(em, id)
  if (row === undefined) throw requester.fail('not_found')
  return row
}

/** The row with its lock; throws `precondition_failed` when it is not the revision that was read. */
export async function takeEndpoint(
  requester: Requester<'not_found' | 'precondition_failed'>,
  em: EntityManager,
  id: string,
  expectedRevision: number | undefined,
): Promise<WebhookEndpoint> {
  const row = await lockEndpoint(em, id)
  if (row === undefined) throw requester.fail('not_found')
  if (expectedRevision !== undefined && expectedRevision !== row.revision) {
    throw requester.fail('precondition_failed')
  }
  return row
}

/** The endpoint as the API answers it, with its ETag. */
export async function answerEndpoint(
  requester: Requester<'not_found'>,
  em: EntityManager,
  id: string,
): Promise<{ body: WebhookEndpointAnswer; revision: number }> {
  const body = presentWebhookEndpoint(await findEndpoint(requester, em, id))
  return { body, revision: body.revision }
}

/** Nothing is sent to an endpoint that is off: asking for it would wait for nobody knows what. */
export function assertActive(
  requester: Requester<'illegal_transition'>,
  endpoint: WebhookEndpoint,
): void {
  if (endpoint.isActive) return
  throw requester.fail('illegal_transition', {
    detail: 'This endpoint is switched off; set is_active to true first.',
    currentStatus: endpoint.disabledReason ?? 'paused',
  })
}
