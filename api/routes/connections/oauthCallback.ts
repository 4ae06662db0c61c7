import { z } from 'zod'
import { type ClarionError, ERRORS } from '../../../domain/errors.ts'
import { CONNECT_ERRORS } from '../../connect/connect-failure.ts'
import type { Landing } from '../../connect/finish-callback.ts'
import { finishCallback } from '../../connect/finish-callback.ts'
import { withQuery } from '../../connect/redirects.ts'
import { defineOperation, NOTHING, type Requester } from '../../contract/operation.ts'
import { platform } from '../../contract/schemas/common.ts'
import { escapeHtml, page } from '../../docs-page.ts'
import { toClarionError } from '../../http/problems.ts'

/** Platforms add parameters of their own; whatever comes has to lead on, not to a bare refusal. */
const parameter = z.union([z.string(), z.array(z.string())]).optional()
const callbackQuery = z
  .object({ state: parameter, code: parameter, error: parameter })
  .catchall(parameter)

export const oauthCallback = defineOperation({
  id: 'oauthCallback',
  method: 'get',
  path: '/oauth/callback/{platform}',
  summary: 'Where a platform sends the browser after the consent',
  description:
    'Redirects to OAUTH_SUCCESS_URL or `redirect_after` with `connection_id`, with `session_id` where accounts have to be chosen, or to OAUTH_ERROR_URL with `code` and, for what went wrong with which account, `reason` and `session_id`; shows a page where these are not set.',
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
    'no_connectable_account',
    'oauth_scope_missing',
    'not_found',
  ],
  async handler(context) {
    const query = new URLSearchParams(
      // One that comes twice stays twice: the authorizers refuse what is ambiguous.
      Object.entries(context.query).flatMap(([name, value = '']) =>
        [value].flat().map((one): [string, string] => [name, one]),
      ),
    )
    try {
      const landing = await finishCallback(context, context.params.platform, query)
      if ('error' in landing) return failed(context, landing.error, landing.sessionId)
      return succeeded(context, landing, context.params.platform)
    } catch (error) {
      return failed(context, toClarionError(error))
    }
  },
})

/** The application's page when one is configured, else a page of our own. */
function succeeded(
  { deps }: Requester<never>,
  { settled, redirectAfter }: Extract<Landing, { settled: unknown }>,
  name: string,
) {
  const [parameter, id] =
    'connectionId' in settled
      ? ['connection_id', settled.connectionId]
      : ['session_id', settled.sessionId]
  const target = redirectAfter ?? deps.config.oauth.successUrl
  if (target !== undefined) {
    return { redirect: withQuery(target, { [parameter]: id, platform: name }) }
  }
  const isConnected = parameter === 'connection_id'
  const words = isConnected
    ? ['Connected', 'The account is connected. You can close this page.']
    : ['Almost done', 'Access was granted for several accounts. Choose which ones to connect.']
  const [title = '', text = ''] = words
  const body = `<h1>${title}</h1><p>${text}</p>
<p><small>${parameter} <code>${escapeHtml(id)}</code></small></p>`
  return { text: page(title, body), status: 200 }
}

/**
 * Only codes and ids reach the application: words could be put into its page by others. The
 * session has the words.
 */
function failed({ deps, requestId }: Requester<never>, error: ClarionError, sessionId?: string) {
  if (error.code === 'internal') {
    deps.log.error({ err: error.cause ?? error, request_id: requestId }, 'callback failed')
  }
  const { title, action, status } = ERRORS[error.code]
  const { code, extras } = error
  const { errorUrl } = deps.config.oauth
  if (errorUrl !== undefined) {
    const reason = extras.errors?.[0]?.code
    const about = { code, reason, session_id: sessionId, request_id: requestId }
    return { redirect: withQuery(errorUrl, about) }
  }
  const detail = extras.detail ?? title
  const text = page(
    'Not connected',
    `<h1>Not connected</h1><p>${escapeHtml(detail)}</p><p>${escapeHtml(action)}</p>
<p><small>code <code>${code}</code>, request <code>${escapeHtml(requestId)}</code></small></p>`,
  )
  return { text, status }
}
