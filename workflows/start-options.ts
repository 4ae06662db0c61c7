import type { TypedSearchAttributes } from '@temporalio/common'
import type {
  ConnectionWorkflowInput,
  ErrandInput,
  ErrandKind,
  PostWorkflowInput,
} from './contract.ts'
import {
  connectionWorkflowId,
  errandWorkflowId,
  postWorkflowId,
  WORKFLOW_QUEUE,
} from './contract.ts'
import { SEARCH_ATTRIBUTES as SA } from './search-attributes.ts'

/**
 * How the API, the relay and the sweep start a workflow: the same deterministic id and an idempotent
 * policy, so that whoever comes second changes nothing. ALLOW_DUPLICATE: a post whose workflow has
 * ended (parked too long) may be driven again by a person; the ledger, not the id, guarantees once.
 */
export function postStart(input: PostWorkflowInput) {
  const platforms = [...new Set(input.post.targets.map((target) => target.platform))].sort()
  return {
    workflowId: postWorkflowId(input.tenantId, input.postId),
    taskQueue: WORKFLOW_QUEUE,
    args: [input] as [PostWorkflowInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: `Post to ${platforms.join(', ')}`,
    priority: { fairnessKey: input.tenantId, priorityKey: 3 },
    typedSearchAttributes: pairs([
      { key: SA.TenantId, value: input.tenantId },
      { key: SA.Platform, value: platforms.join(',') },
      { key: SA.PostState, value: input.post.status },
      ...(input.post.scheduledAt === null
        ? []
        : [{ key: SA.DueAt, value: new Date(input.post.scheduledAt) }]),
    ]),
  }
}

/** A short run for one person's wish; whoever asks again meanwhile joins it. */
export function errandStart(kind: ErrandKind, input: ErrandInput) {
  const platforms = [...new Set(input.targets.map((target) => target.platform))].sort()
  const what = kind === 'remove' ? 'Delete from' : 'Look at'
  return {
    workflowId: errandWorkflowId(kind, input.tenantId, input.postId),
    taskQueue: WORKFLOW_QUEUE,
    args: [input] as [ErrandInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: `${what} ${platforms.join(', ')}`,
    priority: { fairnessKey: input.tenantId, priorityKey: 3 },
    typedSearchAttributes: pairs([
      { key: SA.TenantId, value: input.tenantId },
      { key: SA.Platform, value: platforms.join(',') },
    ]),
  }
}

export function connectionStart(input: ConnectionWorkflowInput) {
  const { expiresAt } = input.connection
  return {
    workflowId: connectionWorkflowId(input.tenantId, input.connectionId),
    taskQueue: WORKFLOW_QUEUE,
    args: [input] as [ConnectionWorkflowInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: `Connection to ${input.platform}`,
    // Refreshes go before everything else: a late one would stop publishing.
    priority: { fairnessKey: input.tenantId, priorityKey: 1 },
    typedSearchAttributes: pairs([
      { key: SA.TenantId, value: input.tenantId },
      { key: SA.Platform, value: input.platform },
      { key: SA.ConnectionId, value: input.connectionId },
      { key: SA.ConnectionState, value: input.connection.status },
      ...(expiresAt === null ? [] : [{ key: SA.TokenExpiresAt, value: new Date(expiresAt) }]),
    ]),
  }
}

type Pairs = ConstructorParameters<typeof TypedSearchAttributes>[0]

function pairs(list: NonNullable<Pairs>): NonNullable<Pairs> {
  return list
}
