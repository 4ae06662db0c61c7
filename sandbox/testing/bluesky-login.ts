import type { Sandbox } from '../server.ts'
import { call, pick, type Reply } from './http.ts'

export const POST = 'app.bsky.feed.post'

export interface Session {
  did: string
  access: string
  refresh: string
  password: string
}

/** A procedure with a JSON body. */
export function procedure(
  url: string,
  nsid: string,
  json: unknown,
  bearer?: string,
): Promise<Reply> {
  return call(`${url}/xrpc/${nsid}`, { json, bearer })
}

/** A procedure without a body. */
export function bare(url: string, nsid: string, bearer: string): Promise<Reply> {
  return call(`${url}/xrpc/${nsid}`, { method: 'POST', bearer })
}

export async function appPassword({ url }: Sandbox, handle: string): Promise<string> {
  const { body } = await call(`${url}/_sandbox/accounts?platform=bluesky`)
  const rows = Object.values(Object(body).data).map((row) => [
    pick(row, 'handle'),
    pick(row, 'credentials', 'app_password'),
  ])
  return rows.find(([one]) => one === handle)?.[1] ?? ''
}

/** A session as a client gets it, by app password. */
export async function login(sandbox: Sandbox, handle = 'alice.bsky.social'): Promise<Session> {
  const password = await appPassword(sandbox, handle)
  const input = { identifier: handle, password }
  const { body } = await procedure(sandbox.url, 'com.atproto.server.createSession', input)
  return {
    did: pick(body, 'did'),
    access: pick(body, 'accessJwt'),
    refresh: pick(body, 'refreshJwt'),
    password,
  }
}

/** A post record with a fixed time. */
export function post(text: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { $type: POST, text, createdAt: '2026-12-01T09:00:00.000Z', ...more }
}

export function put(
  url: string,
  session: Session,
  rkey: string,
  record: unknown,
  more: Record<string, unknown> = {},
): Promise<Reply> {
  const input = { repo: session.did, collection: POST, rkey, record, ...more }
  return procedure(url, 'com.atproto.repo.putRecord', input, session.access)
}
