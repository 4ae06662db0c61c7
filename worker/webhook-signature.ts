import { Webhook } from 'standardwebhooks'

export interface SignedMessage {
  /** `webhook-id`, without a full stop in it. */
  id: string
  at: Date
  body: string
}

/**
 * Headers of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, one signature for each secret,
 * so that receivers may change theirs at any time of a rotation.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders(
  { id, at, body }: SignedMessage,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1000)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}
