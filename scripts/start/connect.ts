import { z } from 'zod'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { ApiClient } from './api-client.ts'
import type { SandboxPlatform } from './child-env.ts'

/** An account of the sandbox, by the name that its handle starts with. */
export interface SandboxAccount {
  platform: SandboxPlatform
  handle: string
  /** One of several ways to connect, such as `instagram_login`. */
  method?: string
  /** Renews this connection. */
  reconnect?: string
  /** Further fields of the sandbox's consent page, such as `sandbox_scopes`. */
  consent?: Readonly<Record<string, string>>
}

const accountList = z.object({
  data: z.array(z.object({ handle: z.string(), credentials: z.record(z.string(), z.string()) })),
})

/** Connects it as a person would; of a consent that covers several accounts, the first. */
export async function connectAccount(
  api: ApiClient,
  sandboxUrl: string,
  account: SandboxAccount,
): Promise<ConnectionAnswer> {
  const [first] = await connectAccounts(api, sandboxUrl, account)
  if (first !== undefined) return first
  throw new Error(`${account.platform} has no account of ${account.handle} to connect.`)
}

/** Every account that the consent covers and that can be connected: Pages, locations … */
export async function connectAccounts(
  api: ApiClient,
  sandboxUrl: string,
  account: SandboxAccount,
): Promise<ConnectionAnswer[]> {
  if (account.platform === 'bluesky' && account.method === undefined) {
    return [await connectByPassword(api, sandboxUrl, account.handle)]
  }
  const sessionId = await consent(api, sandboxUrl, account)
  const session = await api.call<SessionAnswer>('GET', `/v1/oauth-sessions/${sessionId}`)
  const open = session.accounts.filter((one) => one.connection_id === null && !one.problem)
  if (open.length > 0) {
    const account_ids = open.map((one) => one.account_id)
    await api.call('POST', `/v1/oauth-sessions/${sessionId}/connect`, { account_ids })
  }
  const done = await api.call<SessionAnswer>('GET', `/v1/oauth-sessions/${sessionId}`)
  const ids = done.accounts.flatMap((one) => one.connection_id ?? [])
  return Promise.all(ids.map((id) => api.getConnection(id)))
}

interface SessionAnswer {
  accounts: { account_id: string; connection_id: string | null; problem: object | null }[]
}

/** `alice`, `alice.bsky.social`, `alice@instance` */
function isHandle(full: string, name: string): boolean {
  return full === name || full.startsWith(`${name}.`) || full.startsWith(`${name}@`)
}

/** Goes through the consent page and back; answers the session's id. */
async function consent(
  api: ApiClient,
  sandboxUrl: string,
  account: SandboxAccount,
): Promise<string> {
  const { platform, handle, method, reconnect } = account
  const body = {
    platform,
    method,
    reconnect_connection_id: reconnect,
    ...(['mastodon', 'bluesky'].includes(platform) ? { instance_url: sandboxUrl } : {}),
  }
  const { authorization_url: url, session_id: sessionId } = await api.call<{
    authorization_url: string
    session_id: string
  }>('POST', '/v1/connections/authorize', body)
  const page = new URL(url)
  page.searchParams.set('sandbox_account', handle)
  page.searchParams.set('sandbox_decision', 'allow')
  for (const [name, value] of Object.entries(account.consent ?? {})) {
    page.searchParams.set(name, value)
  }
  const redirect = await fetch(page, { redirect: 'manual' })
  const back = redirect.headers.get('location')
  if (back === null) {
    throw new Error(`${platform} did not send the browser back: ${await titleOf(redirect)}`)
  }
  // The callback at the address of this machine, whatever address clients use.
  const { pathname, search } = new URL(back)
  const callback = await fetch(`${api.url}${pathname}${search}`, { redirect: 'manual' })
  if (callback.status >= 400) {
    throw new Error(`${platform} could not be connected: ${await titleOf(callback)}`)
  }
  return sessionId
}

async function connectByPassword(
  api: ApiClient,
  sandboxUrl: string,
  handle: string,
): Promise<ConnectionAnswer> {
  const { identifier, app_password } = await sandboxCredentials(sandboxUrl, 'bluesky', handle)
  return api.call('POST', '/v1/connections', {
    platform: 'bluesky',
    credentials: { identifier, app_password, service_url: sandboxUrl },
  })
}

/** What the sandbox tells tests to log in with. */
export async function sandboxCredentials(
  sandboxUrl: string,
  platform: SandboxPlatform,
  handle: string,
): Promise<Record<string, string>> {
  const response = await fetch(`${sandboxUrl}/_sandbox/accounts?platform=${platform}`)
  const { data } = accountList.parse(await response.json())
  const account = data.find((one) => isHandle(one.handle, handle))
  if (account === undefined) throw new Error(`The sandbox has no ${platform} account ${handle}`)
  return account.credentials
}

/** The words of an error page, without its address: that carries the state. */
async function titleOf(response: Response): Promise<string> {
  const text = await response.text()
  const words = text.replace(/<(style|title)[^>]*>.*?<\/\1>/gs, ' ').replace(/<[^>]+>/g, ' ')
  return `${response.status} ${words.replace(/\s+/g, ' ').trim().slice(0, 300)}`
}
