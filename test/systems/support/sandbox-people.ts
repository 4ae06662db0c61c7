import { z } from 'zod'
import type { Platform } from '../../../domain/platforms.ts'

const account = z.object({
  account_id: z.string(),
  handle: z.string(),
  display_name: z.string(),
  credentials: z.record(z.string(), z.string()),
})
/** An account of the sandbox, as the platform itself knows it. */
export type SandboxPerson = z.output<typeof account>

const app = z.object({
  client_id: z.string().optional(),
  client_key: z.string().optional(),
  client_secret: z.string(),
})

/** Opens an account of a test's own: what happens to it disturbs nobody else. */
export async function openAccount(
  sandboxUrl: string,
  platform: Platform,
  handle: string,
): Promise<SandboxPerson> {
  return account.parse(await post(`${sandboxUrl}/_sandbox/accounts`, { platform, handle }))
}

/** The account of that handle, with or without the host that some platforms add. */
export async function findAccount(
  sandboxUrl: string,
  platform: Platform,
  handle: string,
): Promise<SandboxPerson> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/accounts?platform=${platform}`)
  const { data } = z.object({ data: z.array(account) }).parse(await answer.json())
  const found = data.find((one) => one.handle === handle || one.handle.startsWith(`${handle}.`))
  if (found === undefined) throw new Error(`The sandbox has no ${platform} account ${handle}`)
  return found
}

/** Registers an app as in the platform's portal: only these addresses may follow its consent. */
export async function registerApp(
  sandboxUrl: string,
  platform: Platform,
  redirectUris: readonly string[],
): Promise<{ id: string; secret: string }> {
  const body = { platform, redirect_uris: redirectUris }
  const made = app.parse(await post(`${sandboxUrl}/_sandbox/apps`, body))
  return { id: made.client_id ?? made.client_key ?? '', secret: made.client_secret }
}

async function post(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`)
  return JSON.parse(text)
}
