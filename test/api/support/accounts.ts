import type { TestApi } from './api.ts'
import type { Client } from './client.ts'

export interface SandboxAccount {
  platform: string
  account_id: string
  handle: string
  credentials: Record<string, string>
}

/** A fresh account at the sandbox, so that tests share none. */
export async function openAccount(api: TestApi, platform: string): Promise<SandboxAccount> {
  const handle = `u${crypto.randomUUID().slice(0, 8)}`
  const response = await fetch(`${api.sandboxUrl}/_sandbox/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform, handle }),
  })
  if (response.status !== 201) throw new Error(`sandbox account: ${await response.text()}`)
  return JSON.parse(await response.text())
}

/** Connects a fresh Bluesky account through the API; answers the connection's id. */
export async function connectBluesky(api: TestApi, client: Client): Promise<string> {
  const { credentials } = await openAccount(api, 'bluesky')
  const { identifier, app_password } = credentials
  const reply = await client.post('/v1/connections', {
    platform: 'bluesky',
    credentials: { identifier, app_password, service_url: api.sandboxUrl },
  })
  if (reply.status !== 201) throw new Error(`connecting bluesky: ${reply.text}`)
  return String(reply.json.id)
}

export async function connectMastodon(api: TestApi, client: Client): Promise<string> {
  const { credentials } = await openAccount(api, 'mastodon')
  const { access_token } = credentials
  const reply = await client.post('/v1/connections', {
    platform: 'mastodon',
    credentials: { instance_url: api.sandboxUrl, access_token },
  })
  if (reply.status !== 201) throw new Error(`connecting mastodon: ${reply.text}`)
  return String(reply.json.id)
}

/** Goes through a platform's consent page as a person would; answers the callback's reply. */
export async function consent(
  api: TestApi,
  client: Client,
  authorizationUrl: string,
  choice: { account: string; decision?: 'allow' | 'deny'; more?: Record<string, string> },
) {
  const url = new URL(authorizationUrl)
  url.searchParams.set('sandbox_account', choice.account)
  url.searchParams.set('sandbox_decision', choice.decision ?? 'allow')
  for (const [name, value] of Object.entries(choice.more ?? {})) url.searchParams.set(name, value)
  const page = await fetch(url, { redirect: 'manual' })
  const back = page.headers.get('location')
  if (back === null) throw new Error(`no redirect: ${page.status} ${await page.text()}`)
  const callback = back.replace(api.url, '')
  return { callback, reply: await client.get(callback, { key: '' }) }
}

/** Connects a fresh X account by its consent page; answers the connection's id. */
export async function connectX(api: TestApi, client: Client): Promise<string> {
  const { handle } = await openAccount(api, 'x')
  const begun = await client.post('/v1/connections/authorize', { platform: 'x' })
  const url = String(begun.json.authorization_url)
  const { reply } = await consent(api, client, url, { account: handle })
  const id = /<code>([0-9a-f-]{36})<\/code>/.exec(reply.text)?.[1]
  if (id === undefined) throw new Error(`connecting x: ${reply.status} ${reply.text}`)
  return id
}
