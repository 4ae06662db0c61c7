import type { OauthSessionAnswer } from '../../../api/contract/schemas/oauth-sessions.ts'
import type { ApiClient } from '../../support/api-client.ts'

/** What a browser saw of a consent. */
export interface Consented {
  /** Where the person was sent to. */
  authorizationUrl: URL
  /** Status of the platform's consent page: 302 leads back. */
  platformStatus: number
  /** Of the callback; undefined when the platform did not send the browser back. */
  callbackStatus: number | undefined
  session: OauthSessionAnswer
}

/**
 * Walks through a consent whatever comes of it: `body` is that of POST /v1/connections/authorize,
 * `consent` are the fields of the sandbox's page.
 */
export async function consentTo(
  api: ApiClient,
  body: object,
  consent: Readonly<Record<string, string>>,
): Promise<Consented> {
  const begun = await api.call<{ session_id: string; authorization_url: string }>(
    'POST',
    '/v1/connections/authorize',
    body,
  )
  const authorizationUrl = new URL(begun.authorization_url)
  const page = new URL(authorizationUrl)
  for (const [name, value] of Object.entries({ sandbox_decision: 'allow', ...consent })) {
    page.searchParams.set(name, value)
  }
  const redirect = await fetch(page, { redirect: 'manual' })
  const back = redirect.headers.get('location')
  const callbackStatus = back === null ? undefined : await follow(back)
  const path = `/v1/oauth-sessions/${begun.session_id}`
  const session = await api.call<OauthSessionAnswer>('GET', path)
  return { authorizationUrl, platformStatus: redirect.status, callbackStatus, session }
}

async function follow(address: string): Promise<number> {
  const answer = await fetch(address, { redirect: 'manual' })
  await answer.text()
  return answer.status
}

/** Connects what is named of a consent's accounts; answers the ids of the connections. */
export async function choose(
  api: ApiClient,
  { session }: Consented,
  accountIds: readonly string[],
): Promise<string[]> {
  const path = `/v1/oauth-sessions/${session.id}/connect`
  const { data } = await api.call<{ data: { id: string }[] }>('POST', path, {
    account_ids: accountIds,
  })
  return data.map(({ id }) => id)
}
