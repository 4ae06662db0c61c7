import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { connectionSnapshot } from '../../activities/connection-rows.ts'
import type { ConnectionState } from '../../domain/connection-state.ts'
import type { Platform } from '../../domain/platforms.ts'
import type { Authorizer, Grant } from '../../platforms/authorizer.ts'
import type { ConnectionSummary, RefreshAnswer, RefreshArgs } from '../../workflows/contract.ts'
import { connectionStart } from '../../workflows/start-options.ts'
import { sql } from './drive.ts'
import type { InProcess } from './in-process.ts'
import { insertConnection, sandboxAccount } from './rows.ts'

/** Connections of a stack, connected as people do it, and their workflows. */

export interface Connected {
  connectionId: string
  accountId: string
  platform: Platform
}

const REDIRECT_URI = 'http://127.0.0.1:3000/oauth/callback/x'

/** Connects a new X account by consent: authorization page, callback, code exchange. */
export async function connectX(stack: InProcess): Promise<Connected> {
  const { account_id: accountId, handle } = await sandboxAccount(stack.sandbox.url, 'x')
  const grant = await consentOnX(stack, handle)
  const connectionId = await save(stack, 'x', grant)
  return { connectionId, accountId, platform: 'x' }
}

/** The grant that a person gives when they connect, or connect again. */
export async function consentOnX(stack: InProcess, handle: string): Promise<Grant> {
  const { authorizationUrl, exchange } = authorizerOf(stack, 'x')
  const app = stack.deps.app('x')
  if (!authorizationUrl || !exchange || !app) throw new Error('X has no redirect flow')
  const codeVerifier = 'v'.repeat(64)
  const shared = { app, redirectUri: REDIRECT_URI, state: randomUUID(), codeVerifier }
  const asked = { ...shared, scopes: [], isReconnect: false }
  const { url, secrets = {} } = await authorizationUrl(asked, callOf(stack))
  url.searchParams.set('sandbox_account', handle)
  url.searchParams.set('sandbox_decision', 'allow')
  const answer = await fetch(url, { redirect: 'manual' })
  const params = new URL(answer.headers.get('location') ?? '').searchParams
  return exchange({ ...shared, params, secrets }, callOf(stack))
}

/** Connects a new Mastodon account, whose token cannot be refreshed, by its token. */
export async function connectMastodon(stack: InProcess): Promise<Connected> {
  const { account_id: accountId, credentials } = await sandboxAccount(stack.sandbox.url, 'mastodon')
  const { withCredentials } = authorizerOf(stack, 'mastodon')
  const { access_token = '' } = credentials
  const given = { access_token, instance_url: stack.sandbox.url }
  const grant = await withCredentials?.(given, callOf(stack))
  if (grant === undefined) throw new Error('Mastodon takes no credentials')
  const connectionId = await save(stack, 'mastodon', grant)
  return { connectionId, accountId, platform: 'mastodon' }
}

async function save(stack: InProcess, platform: Platform, grant: Grant): Promise<string> {
  const { accessToken, tokenType, secrets = {}, serviceUrl } = grant
  const access = { accessToken, tokenType, secrets, serviceUrl }
  const account = await authorizerOf(stack, platform).identify(access, callOf(stack))
  return insertConnection(stack, platform, { serviceUrl, ...account }, grant)
}

function authorizerOf(stack: InProcess, platform: Platform): Authorizer {
  const method = platform === 'bluesky' ? 'app_password' : 'oauth2'
  const authorizer = stack.deps.authorizer(platform, method)
  if (authorizer === undefined) throw new Error(`${platform} is not offered`)
  return authorizer
}

function callOf(stack: InProcess) {
  return { http: stack.deps.http, signal: AbortSignal.timeout(10_000) }
}

export async function stateOf(stack: InProcess, one: Connected): Promise<ConnectionState> {
  const { tenantId } = stack
  const state = await connectionSnapshot(stack.deps, { tenantId, connectionId: one.connectionId })
  if (state === null) throw new Error('the connection is gone')
  return state
}

export interface StartedConnection {
  handle: WorkflowHandle
  refresh(args?: RefreshArgs): Promise<RefreshAnswer>
  disconnect(): Promise<ConnectionSummary>
  validate(): Promise<ConnectionSummary>
  state(): Promise<ConnectionState>
  /** Statuses of the calls that reached the platform's token endpoint for this account. */
  tokenCalls(): Promise<(number | null)[]>
}

export async function startConnection(
  stack: InProcess,
  one: Connected,
  change: { maxRefreshesPerRun?: number } = {},
): Promise<StartedConnection> {
  const { tenantId } = stack
  const { connectionId, platform, accountId } = one
  const connection = await stateOf(stack, one)
  const input = { tenantId, connectionId, platform, connection, ...change }
  const handle = await stack.client.workflow.start('connectionWorkflow', connectionStart(input))
  const before = (await tokenCalls(stack, platform, accountId)).length
  return {
    handle,
    refresh: (args = {}) =>
      handle.executeUpdate<RefreshAnswer, [RefreshArgs]>('refresh', { args: [args] }),
    disconnect: () => handle.executeUpdate<ConnectionSummary, []>('disconnect'),
    validate: () => handle.executeUpdate<ConnectionSummary, []>('validate'),
    state: () => stateOf(stack, one),
    tokenCalls: async () => (await tokenCalls(stack, platform, accountId)).slice(before),
  }
}

async function tokenCalls(stack: InProcess, platform: string, accountId: string) {
  const query = new URLSearchParams({ platform, step: 'token', account_id: accountId })
  const answer = await fetch(`${stack.sandbox.url}/_sandbox/calls?${query}`)
  const body: { data: { status: number | null }[] } = JSON.parse(await answer.text())
  return body.data.map(({ status }) => status)
}

/** Makes the row say that a refresh is due now. */
export async function dueNow(stack: InProcess, { connectionId }: Connected): Promise<void> {
  await sql(stack, 'update connections set next_refresh_at = now() where id = ?', [connectionId])
}
