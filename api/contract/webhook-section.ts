import { z } from 'zod'
import type { ZodOpenApiPathItemObject } from 'zod-openapi'
import { PLATFORMS } from '../../domain/platforms.ts'
import {
  TEST_EVENT_TYPE,
  WEBHOOK_EVENT_TYPES,
  type WebhookEventType,
} from '../../domain/webhook-events.ts'

const instant = z.iso.datetime()

const postData = z
  .strictObject({
    post_id: z.uuid(),
    external_id: z.string().nullable(),
    status: z.string(),
    approval_status: z.string().nullable(),
    revision: z.int(),
    scheduled_at: instant.nullable(),
    posted_at: instant.nullable(),
    failure_code: z.string().nullable(),
    failure_reason: z.string().nullable(),
    targets: z.array(
      z.strictObject({
        target_id: z.uuid(),
        connection_id: z.uuid(),
        platform: z.enum(PLATFORMS),
        status: z.string(),
        platform_post_id: z.string().nullable(),
        permalink: z.string().nullable(),
        failure_code: z.string().nullable(),
        failure_reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'PostEventData', description: 'The post as it is then; never its content.' })

const connectionFields = {
  connection_id: z.uuid(),
  platform: z.enum(PLATFORMS),
  account_handle: z.string().nullable(),
  status: z.string(),
  reason: z
    .strictObject({ code: z.string().nullable(), message: z.string().nullable() })
    .nullable()
    .meta({ description: 'Why a person must connect the account again.' }),
}

const connectionData = z
  .strictObject({
    ...connectionFields,
    reconnected: z.literal(true).optional().meta({ description: 'It was connected before.' }),
  })
  .meta({ id: 'ConnectionEventData' })

const expiringData = z
  .strictObject({
    ...connectionFields,
    days_left: z.int().meta({ description: '14, 7 or 1.' }),
    ends_at: instant,
  })
  .meta({ id: 'ConnectionExpiringData' })

const testData = z.strictObject({ webhook_endpoint_id: z.uuid() })

/** What each type says, by type. */
export const WEBHOOK_SUMMARIES: Readonly<Record<WebhookEventType, string>> = {
  'post.scheduled': 'A post got its time, or another one.',
  'post.published': 'All targets of a post are published.',
  'post.partially_published': 'Some targets are published, the others failed.',
  'post.failed': 'No target could be published; failure_reason says why.',
  'post.unconfirmed':
    'A platform’s answer was lost: a person should look whether the post is there.',
  'post.cancelled': 'A post was cancelled.',
  'post.approval_requested': 'A post waits for approval, for the first time or again.',
  'post.approved': 'A post was approved.',
  'post.rejected': 'A post was rejected.',
  'connection.connected': 'An account was connected, or connected again.',
  'connection.refreshed': 'An account’s tokens were renewed.',
  'connection.needs_reconnect':
    'The access to an account has ended: a person must connect it again.',
  'connection.recovered': 'Trouble with an account’s tokens is over.',
  'connection.disconnected': 'An account was disconnected.',
  'connection.expiring': 'The access ends in 14, 7 or 1 days unless a person connects again.',
}

/** The `webhooks` of the OpenAPI document: what is sent, with its headers. */
export function webhookSection(): Record<string, ZodOpenApiPathItemObject> {
  const told = WEBHOOK_EVENT_TYPES.map((type) => [
    type,
    pathItem(type, WEBHOOK_SUMMARIES[type], dataOf(type)),
  ])
  const test = pathItem(TEST_EVENT_TYPE, 'A test of one endpoint.', testData)
  return Object.fromEntries([...told, [TEST_EVENT_TYPE, test]])
}

function dataOf(type: WebhookEventType): z.ZodType {
  if (type === 'connection.expiring') return expiringData
  return type.startsWith('post.') ? postData : connectionData
}

const DESCRIPTION =
  'Signed as https://www.standardwebhooks.com says. Answer 2xx within 15 seconds; anything else is tried again for about three days, and 410 switches the endpoint off. Deliveries may repeat and change order: know them by webhook-id and order them by seq.'

function pathItem(type: string, summary: string, data: z.ZodType): ZodOpenApiPathItemObject {
  const schema = z.strictObject({
    id: z.string(),
    type: z.literal(type),
    timestamp: instant,
    seq: z.int(),
    data,
  })
  return {
    post: {
      operationId: `on${operationName(type)}`,
      summary,
      description: DESCRIPTION,
      tags: ['webhooks'],
      requestParams: {
        header: z.object({
          'webhook-id': z.string().meta({ example: 'msg_0199c1f2-7f0a-7c3e-9d1b-2f6a3b1c4d5e' }),
          'webhook-timestamp': z.string().meta({ description: 'Seconds since 1970, when sent.' }),
          'webhook-signature': z
            .string()
            .meta({ description: 'v1,<base64>; several with spaces between during a rotation.' }),
        }),
      },
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        '2XX': { description: 'Taken.' },
        '410': { description: 'Send nothing more: the endpoint is switched off.' },
      },
    },
  }
}

/** `post.partially_published` → `PostPartiallyPublished` */
function operationName(type: string): string {
  return type
    .split(/[._]/)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')
}
