import { z } from 'zod'
import type { ConnectionAnswer } from '../../api/contract/schemas/connections.ts'
import type { ApiClient } from './api-client.ts'
import type { SandboxPlatform } from './child-env.ts'

/** An account of the sandbox, by the name that its handle starts with. */
export interface SandboxAccount {
  platform: SandboxPlatform
  handle: string
}

const accountList = z.object({
  data: z.array(z.object({ handle: z.string(), credentials: z.record(z.string(), z.string()) })),
})

/** Connects it as a person would: consent page and callback, or Bluesky's app password. */
export async function connectAccount(
  api: ApiClient,
  sandboxUrl: string,
  account: SandboxAccount,
): Promise<ConnectionAnswer> {
  if (account.platform === 'bluesky') return connectByPassword(api, sandboxUrl, account.handle)
  await connectByConsent(api, sandboxUrl, account)
  const connection = (await api.listConnections()).find((one) => isOf(one, account))
  if (connection !== undefined) return connection
  throw new Error(`${account.platform} is connected, but ${account.handle} is not in the list.`)
}

export function isOf(connection: ConnectionAnswer, { platform, handle }: SandboxAccount): boolean {
  return connection.platform === platform && isHandle(connection.account_handle ?? '', handle)
}

/** `alice`, `alice.bsky.social`, `alice@instance` */
function isHandle(full: string, name: string): boolean {
  return full === name || full.startsWith(`${name}.`) || full.startsWith(`${name}@`)
}

async function connectByConsent(
  api: ApiClient,
  sandboxUrl: string,
  { platform, handle }: SandboxAccount,
): Promise<void> {
  const body = { platform, ...(platform === 'mastodon' ? { instance_url: sandboxUrl } : {}) }
  const { authorization_url: url } = await api.call<{ authorization_url: string }>(
    'POST',
    '/v1/connections/authorize',
    body,
  )
  const consent = new URL(url)
  consent.searchParams.set('sandbox_account', handle)
  consent.searchParams.set('sandbox_decision', 'allow')
  const redirect = await fetch(consent, { redirect: 'manual' })
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
