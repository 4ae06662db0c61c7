import { z } from 'zod'
import {
  WEBHOOK_DELIVERY_STATES,
  WEBHOOK_DISABLED_REASONS,
  WEBHOOK_EVENT_TYPES,
} from '../../../domain/webhook-events.ts'
import { instant, jsonObject, pageOf, pageQuery, uuid } from './common.ts'

const hookUrl = z
  .url({ protocol: /^https?$/, error: 'Give an https address.' })
  .max(2000)
  .refine((text) => isPlain(text), 'Leave user, password and fragment out of the address.')
  .meta({
    description:
      'https. Addresses of private networks, and http, only for hosts that CLARION_ALLOWED_PRIVATE_HOSTS lists.',
    example: 'https://hooks.example.com/clarion',
  })

const description = z.string().trim().min(1).max(500)

const events = z
  .array(z.enum(WEBHOOK_EVENT_TYPES))
  .max(WEBHOOK_EVENT_TYPES.length)
  .refine((types) => new Set(types).size === types.length, 'Name each type once.')
  .meta({ description: 'Types it is told of; empty means all, those to come included.' })

/** Body of POST /v1/webhook-endpoints. */
export const createWebhookEndpointBody = z
  .strictObject({
    url: hookUrl,
    description: description.optional(),
    events: events.optional(),
    is_active: z.boolean().optional(),
  })
  .meta({ id: 'CreateWebhookEndpoint' })

/** What is left out stays. Switching on forgets the failures that switched it off. */
export const changeWebhookEndpointBody = z
  .strictObject({
    url: hookUrl.optional(),
    description: description.nullish(),
    events: events.optional(),
    is_active: z.boolean().optional(),
  })
  .meta({ id: 'ChangeWebhookEndpoint' })
export type ChangeWebhookEndpointBody = z.output<typeof changeWebhookEndpointBody>

const endpointFields = {
  id: uuid,
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.string()),
  is_active: z.boolean(),
  disabled_at: instant.nullable(),
  disabled_reason: z.enum(WEBHOOK_DISABLED_REASONS).nullable().meta({
    description:
      'paused by a person; gone: it answered 410; failing: nothing was delivered for five days.',
  }),
  consecutive_failures: z.int().meta({ description: 'Failed attempts since the last success.' }),
  failing_since: instant.nullable(),
  last_delivered_at: instant.nullable().meta({ description: 'To the minute.' }),
  previous_secret_expires_at: instant
    .nullable()
    .meta({ description: 'Until then the secret before the last rotation signs too.' }),
  revision: z.int(),
  created_by: uuid.nullable(),
  updated_by: uuid.nullable(),
  created_at: instant,
  updated_at: instant,
}

/** An address that is told what happens. Its secret is not part of it. */
export const webhookEndpoint = z.strictObject(endpointFields).meta({ id: 'WebhookEndpoint' })
export type WebhookEndpointAnswer = z.output<typeof webhookEndpoint>

/** The only two answers that show a secret: of creating and of rotating. */
export const webhookEndpointWithSecret = z
  .strictObject({
    ...endpointFields,
    secret: z.string().nullable().meta({
      description:
        'Shown this once. Null where a request is repeated under its Idempotency-Key: rotate the secret when it was lost.',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
  })
  .meta({ id: 'WebhookEndpointWithSecret' })

/** Newest first; `next_cursor` is null on the last page. */
export const webhookEndpointPage = pageOf(webhookEndpoint).meta({ id: 'WebhookEndpointPage' })

/** What is sent, besides the headers `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
const sent = {
  id: z.string().meta({ description: 'As webhook-id: the same at every attempt and replay.' }),
  type: z.string(),
  timestamp: instant.meta({ description: 'When it happened, not when it was sent.' }),
  seq: z.int().nullable().meta({
    description:
      'Counts the events of the tenant. Order of arrival is not promised: of two about one thing, the greater number is the newer one.',
  }),
  data: jsonObject,
}

/** One event on its way to one endpoint, and how the last attempt went. */
export const webhookDelivery = z
  .strictObject({
    id: uuid,
    webhook_endpoint_id: uuid,
    state: z.enum(WEBHOOK_DELIVERY_STATES),
    event: z.strictObject(sent),
    attempts: z.int(),
    next_attempt_at: instant.nullable(),
    last_attempt_at: instant.nullable(),
    last_status: z.int().nullable().meta({ description: 'HTTP status of the last answer.' }),
    last_duration_ms: z.int().nullable(),
    last_error: z.string().nullable(),
    delivered_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDeliveryAnswer = z.output<typeof webhookDelivery>

export const webhookDeliveryPage = pageOf(webhookDelivery).meta({ id: 'WebhookDeliveryPage' })

export const listWebhookEndpointsQuery = z.strictObject(pageQuery)

export const listWebhookDeliveriesQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(WEBHOOK_DELIVERY_STATES).optional(),
})

export const deliveryParams = z.strictObject({ id: uuid, delivery_id: uuid })

/** What is no address at all is told by its own words. */
function isPlain(text: string): boolean {
  const url = URL.parse(text)
  return url === null || (url.username === '' && url.password === '' && url.hash === '')
}
