import { z } from 'zod'
import { type ClarionError, ERRORS } from '../../../domain/errors.ts'
import { CONNECT_ERRORS } from '../../connect/connect-failure.ts'
import type { Connected } from '../../connect/finish-callback.ts'
import { finishCallback } from '../../connect/finish-callback.ts'
import { withQuery } from '../../connect/redirects.ts'
import { defineOperation, NOTHING, type Requester } from '../../contract/operation.ts'
import { platform } from '../../contract/schemas/common.ts'
import { escapeHtml, page } from '../../docs-page.ts'
import { toClarionError } from '../../http/problems.ts'

/** Platforms add parameters of their own, so everything short is taken. */
const parameter = z.string().max(8000)
const callbackQuery = z
  .object({ state: parameter.optional(), code: parameter.optional(), error: parameter.optional() })
  .catchall(parameter)

export const oauthCallback = defineOperation({
  id: 'oauthCallback',
  method: 'get',
  path: '/oauth/callback/{platform}',
  summary: 'Where a platform sends the browser after the consent',
  description:
    'Redirects to OAUTH_SUCCESS_URL or `redirect_after` with `connection_id`, or to OAUTH_ERROR_URL with `code`; shows a page where these are not set.',
  tags: ['connections'],
  access: 'public',
  audit: { action: 'connection.connected', resource: 'connection' },
  idempotency: 'inherent',
  params: z.strictObject({ platform }),
  query: callbackQuery,
  body: NOTHING,
  success: { status: 302, description: 'On to the application.', content: 'redirect' },
  errors: [
    ...CONNECT_ERRORS,
    'oauth_state_invalid',
    'oauth_denied',
    'account_mismatch',
    'not_found',
  ],
  async handler(context) {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(context.query)) query.set(name, value ?? '')
    try {
      const connected = await finishCallback(context, context.params.platform, query)
      return succeeded(context, connected, context.params.platform)
    } catch (error) {
      return failed(context, toClarionError(error))
    }
  },
})

/** The application's page when one is configured, else a page of our own. */
function succeeded(
  { deps }: Requester<never>,
  { connectionId, redirectAfter }: Connected,
  name: string,
) {
  const target = redirectAfter ?? deps.config.oauth.successUrl
  if (target !== undefined) {
    return { redirect: withQuery(target, { connection_id: connectionId, platform: name }) }
  }
  const text = page(
    'Connected',
    `<h1>Connected</h1><p>The account is connected. You can close this page.</p>
<p><small>connection_id <code>${escapeHtml(connectionId)}</code></small></p>`,
  )
  return { text, status: 200 }
}

/**
 * Only the code and request id reach the application: words could be put into its page by others.
 */
function failed({ deps, requestId }: Requester<never>, error: ClarionError) {
  if (error.code === 'internal') {
    deps.log.error({ err: error.cause ?? error, request_id: requestId }, 'callback failed')
  }
  const { title, action, status } = ERRORS[error.code]
  const { errorUrl } = deps.config.oauth
  if (errorUrl !== undefined) {
    return { redirect: withQuery(errorUrl, { code: error.code, request_id: requestId }) }
  }
  const detail = error.extras.detail ?? title
  const text = page(
    'Not connected',
    `<h1>Not connected</h1><p>${escapeHtml(detail)}</p><p>${escapeHtml(action)}</p>
<p><small>code <code>${error.code}</code>, request <code>${escapeHtml(requestId)}</code></small></p>`,
  )
  return { text, status }
}
