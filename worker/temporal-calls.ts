import type { Client } from '@temporalio/client'
import { WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client'
import { connectionStateOf } from '../activities/connection-rows.ts'
import type { ActivityDeps, WorkflowStatus } from '../activities/deps.ts'
import type { FreshTokenInput, FreshTokenResult } from '../activities/types.ts'
import { loadConnectionState } from '../db/repositories/connection-facts.ts'
import { loadPostState } from '../db/repositories/post-facts.ts'
import { isEnded } from '../domain/post-state.ts'
import type { ConnectionWorkflowInput } from '../workflows/contract.ts'
import {
  connectionChanged,
  connectionWorkflowId,
  postChanged,
  postWorkflowId,
  refreshUpdate,
} from '../workflows/contract.ts'
import { connectionStart, postStart } from '../workflows/start-options.ts'

const UPDATE_DEADLINE_MS = 90_000

type Rows = Pick<ActivityDeps, 'db' | 'authorizer'>

/** What the worker asks of Temporal on behalf of activities and the relay: always from the row. */
export function makeTemporalCalls(client: Client, deps: Rows & Pick<ActivityDeps, 'log'>) {
  const asked = new Map<string, Promise<FreshTokenResult>>()
  return {
    freshToken: (input: FreshTokenInput) => {
      // A workflow takes ten questions at a time; those of one process about one token are one.
      const key = `${input.connectionId}:${input.staleVersion}`
      const asking =
        asked.get(key) ?? freshToken(client, deps, input).finally(() => asked.delete(key))
      asked.set(key, asking)
      return asking
    },
    start: (kind: 'post' | 'connection', tenantId: string, id: string) =>
      kind === 'post'
        ? startPost(client, deps, tenantId, id)
        : startConnection(client, deps, tenantId, id),
    poke: (kind: 'post' | 'connection', tenantId: string, id: string) =>
      kind === 'post'
        ? pokePost(client, deps, tenantId, id)
        : pokeConnection(client, deps, tenantId, id),
    workflowStatus: (kind: 'post' | 'connection', tenantId: string, id: string) =>
      workflowStatus(
        client,
        kind === 'post' ? postWorkflowId(tenantId, id) : connectionWorkflowId(tenantId, id),
      ),
  }
}

async function freshToken(
  client: Client,
  deps: Rows,
  { tenantId, connectionId, staleVersion }: FreshTokenInput,
): Promise<FreshTokenResult> {
  const input = await connectionInput(deps, tenantId, connectionId)
  if (input === undefined) return { outcome: 'needs_reconnect' }
  const { status, tokenVersion } = input.connection
  if (status === 'active' && tokenVersion > staleVersion) return { outcome: 'fresh' }
  const answer = await client.connection.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
    client.workflow.executeUpdateWithStart(refreshUpdate, {
      args: [{ staleVersion }],
      startWorkflowOperation: new WithStartWorkflowOperation(
        'connectionWorkflow',
        connectionStart(input),
      ),
    }),
  )
  switch (answer.outcome) {
    case 'retrying':
      return { outcome: 'retrying', nextTryAt: answer.nextTryAt }
    default:
      return { outcome: answer.outcome }
  }
}

/** A start that finds the workflow running changes nothing: it was told by whoever was first. */
async function startPost(client: Client, deps: Rows, tenantId: string, postId: string) {
  const post = await deps.db.withTenant(tenantId, (em) => loadPostState(em, tenantId, postId))
  if (post === undefined || isEnded(post.status)) return
  await client.workflow.start('postWorkflow', postStart({ tenantId, postId, post }))
}

async function startConnection(client: Client, deps: Rows, tenantId: string, connectionId: string) {
  const input = await connectionInput(deps, tenantId, connectionId)
  if (input === undefined || input.connection.status === 'disconnected') return
  await client.workflow.start('connectionWorkflow', connectionStart(input))
}

/** Starts the post's workflow, or tells the running one to read its row. */
async function pokePost(client: Client, deps: Rows, tenantId: string, postId: string) {
  const post = await deps.db.withTenant(tenantId, (em) => loadPostState(em, tenantId, postId))
  if (post === undefined || isEnded(post.status)) return
  const options = postStart({ tenantId, postId, post })
  await client.workflow.signalWithStart('postWorkflow', { ...options, signal: postChanged })
}

async function pokeConnection(client: Client, deps: Rows, tenantId: string, connectionId: string) {
  const input = await connectionInput(deps, tenantId, connectionId)
  if (input === undefined || input.connection.status === 'disconnected') return
  const options = connectionStart(input)
  await client.workflow.signalWithStart('connectionWorkflow', {
    ...options,
    signal: connectionChanged,
  })
}

async function connectionInput(
  deps: Rows,
  tenantId: string,
  connectionId: string,
): Promise<ConnectionWorkflowInput | undefined> {
  const facts = await deps.db.withTenant(tenantId, (em) =>
    loadConnectionState(em, tenantId, connectionId),
  )
  if (facts === undefined) return undefined
  const connection = connectionStateOf(deps, facts)
  return { tenantId, connectionId, platform: facts.platform, connection }
}

async function workflowStatus(client: Client, workflowId: string): Promise<WorkflowStatus> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe()
    return status.name === 'RUNNING' ? 'running' : 'closed'
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing'
    throw error
  }
}
