import { randomUUID } from 'node:crypto'
import type { Database } from '../../db/open-database.ts'
import { recordConnectionEvent } from '../../db/repositories/connection-status.ts'
import { writeTokens } from '../../db/repositories/connection-tokens.ts'
import { enqueue } from '../../db/repositories/outbox.ts'
import { loadPostState } from '../../db/repositories/post-facts.ts'
import type { PostState } from '../../domain/post-state.ts'
import { tokenContext } from '../../domain/token-context.ts'
import type { Account, Grant } from '../../platforms/authorizer.ts'
import { postStart } from '../../workflows/start-options.ts'
import type { InProcess } from './in-process.ts'

/** Rows as the API writes them, for tests below the API. */

export async function sandboxAccount(url: string, platform: string) {
  const handle = `u${randomUUID().slice(0, 8)}`
  const answer = await fetch(`${url}/_sandbox/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform, handle }),
  })
  if (answer.status !== 201) throw new Error(`sandbox account: ${await answer.text()}`)
  const account: {
    account_id: string
    handle: string
    credentials: Record<string, string>
  } = JSON.parse(await answer.text())
  return account
}

export async function connectBluesky(stack: InProcess) {
  const account = await sandboxAccount(stack.sandbox.url, 'bluesky')
  const { identifier = '', app_password = '' } = account.credentials
  const connector = stack.deps.connector('bluesky')
  const call = { http: stack.deps.http, signal: AbortSignal.timeout(10_000) }
  const grant = await connector?.auth.withCredentials?.(
    { identifier, app_password, service_url: stack.sandbox.url },
    call,
  )
  if (connector === undefined || grant === undefined) throw new Error('bluesky cannot connect')
  const { accessToken, tokenType, secrets = {} } = grant
  const serviceUrl = grant.serviceUrl ?? stack.sandbox.url
  const who = await connector.auth.identify({ accessToken, tokenType, secrets, serviceUrl }, call)
  const connectionId = await insertConnection(stack, 'bluesky', who, grant)
  return { connectionId, accountId: account.account_id, handle: account.handle }
}

export async function insertConnection(
  stack: InProcess,
  platform: string,
  account: Account,
  grant: Grant,
): Promise<string> {
  const { tenantId, authorId } = stack
  const connectionId = randomUUID()
  const given = { access: grant.accessToken, refresh: grant.refreshToken, ...grant.secrets }
  const kinds = Object.entries(given).filter(([, value]) => value)
  const sealed = await stack.deps.cipher.encrypt(
    kinds.map(([kind, value]) => ({
      plaintext: value ?? '',
      context: tokenContext(tenantId, connectionId, kind),
    })),
  )
  await stack.db.withTenant(tenantId, async (em) => {
    const sql = `insert into connections (id, tenant_id, user_id, platform, platform_account_id,
        account_handle, account_kind, service_url, metadata, method, refresh_model)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?)`
    const metadata = JSON.stringify(account.metadata ?? {})
    const who = [account.platformAccountId, account.handle, account.kind]
    const method = platform === 'bluesky' ? 'app_password' : 'oauth2'
    const usual = platform === 'mastodon' ? 'none' : 'rotating'
    const how = [method, grant.refreshModel ?? usual]
    const where = [account.serviceUrl ?? null, metadata, ...how]
    await em.execute(sql, [connectionId, tenantId, authorId, platform, ...who, ...where])
    await writeTokens(em, {
      tenantId,
      connectionId,
      expectedVersion: 0,
      tokens: kinds.map(([kind], index) => ({
        kind,
        ciphertext: sealed[index]?.ciphertext ?? '',
        keyVersion: sealed[index]?.keyVersion ?? 0,
        expiresAt: null,
      })),
      tokenType: grant.tokenType,
      scopes: grant.scopes,
      issuedAt: new Date(),
      expiresAt: grant.expiresAt ?? null,
      refreshExpiresAt: grant.refreshExpiresAt ?? null,
      nextRefreshAt: null,
      isRefresh: false,
    })
    await recordConnectionEvent(em, { tenantId, connectionId }, { type: 'connected' })
  })
  return connectionId
}

export interface NewPost {
  content: string
  targets: { connectionId: string; platform: string; settings?: object }[]
  status?: 'draft' | 'scheduled' | 'queued'
  approvalRequired?: boolean
  approvalStatus?: string | null
  scheduledAt?: Date
}

export async function insertPost(stack: InProcess, post: NewPost): Promise<string> {
  const { tenantId, authorId } = stack
  const postId = randomUUID()
  const { status = 'draft', approvalRequired = false, approvalStatus = null } = post
  await stack.db.withTenant(tenantId, async (em) => {
    const sql = `insert into posts (id, tenant_id, content, status, approval_required,
        approval_status, scheduled_at, created_by) values (?, ?, ?, ?, ?, ?, ?, ?)`
    const state = [status, approvalRequired, approvalStatus, post.scheduledAt ?? null]
    await em.execute(sql, [postId, tenantId, post.content, ...state, authorId])
    for (const [position, target] of post.targets.entries()) {
      const insert = `insert into post_targets
          (tenant_id, post_id, connection_id, platform, position, status, settings)
        values (?, ?, ?, ?, ?, ?, ?::jsonb)`
      const begun = status === 'queued' ? 'queued' : 'pending'
      const { connectionId, platform, settings = {} } = target
      const place = [tenantId, postId, connectionId, platform, position, begun]
      await em.execute(insert, [...place, JSON.stringify(settings)])
    }
    await enqueue(em, { tenantId, kind: 'post_start', aggregateId: postId })
  })
  return postId
}

export async function startPost(stack: InProcess, postId: string) {
  const post = await readPost(stack, postId)
  const input = { tenantId: stack.tenantId, postId, post }
  return stack.client.workflow.start('postWorkflow', postStart(input))
}

export async function readPost(
  stack: { db: Database; tenantId: string },
  postId: string,
): Promise<PostState> {
  const post = await stack.db.withTenant(stack.tenantId, (em) =>
    loadPostState(em, stack.tenantId, postId),
  )
  if (post === undefined) throw new Error(`post ${postId} is gone`)
  return post
}

/** Asks again until the condition holds; fails with the last state when it takes too long. */
export async function until<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs = 30_000,
): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    if (Date.now() > giveUpAt) throw new Error(`never came true: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export async function acceptedPosts(url: string, accountId: string) {
  const answer = await fetch(`${url}/_sandbox/posts?account_id=${encodeURIComponent(accountId)}`)
  const body: { data: { text: string; platform_post_id: string; accepted_at: string }[] } =
    JSON.parse(await answer.text())
  return body.data
}
