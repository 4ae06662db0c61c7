import { readFileSync } from 'node:fs'
import {
  Client,
  Connection,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import type { UpdateDefinition, Workflow } from '@temporalio/common'
import { ApplicationFailure } from '@temporalio/common'
import { z } from 'zod'
import type { TemporalConfig } from '../config/load-config.ts'
import type { ClarionError } from '../domain/errors.ts'
import { isErrorCode, problem } from '../domain/errors.ts'
import type {
  ConnectionSummary,
  ConnectionWorkflowInput,
  ErrandInput,
  LookResult,
  PostCommandArgs,
  PostCommandName,
  PostSummary,
  PostWorkflowInput,
  RefreshAnswer,
  RemoveResult,
} from '../workflows/contract.ts'
import {
  connectionChanged,
  disconnectUpdate,
  postChanged,
  postUpdate,
  refreshUpdate,
  syncUpdate,
  validateUpdate,
} from '../workflows/contract.ts'
import { connectionStart, errandStart, postStart } from '../workflows/start-options.ts'

/** One command to a workflow. `id` makes repeats of a request one Update. */
export interface Command {
  id: string
  actorId: string
}

/** All that the API asks of Temporal. Failures are ClarionErrors of the catalogue. */
export interface Temporal {
  /** Throws when the server cannot be reached. */
  ping(): Promise<void>
  startPost(input: PostWorkflowInput): Promise<void>
  postChanged(input: PostWorkflowInput): Promise<void>
  commandPost(
    input: PostWorkflowInput,
    name: PostCommandName,
    args: PostCommandArgs,
    command: Command,
  ): Promise<PostSummary>
  /** Whether this command was carried out by an earlier try, even of a run that has ended since. */
  wasDone(workflowId: string, commandId: string): Promise<boolean>
  /** Deletes what is published at its platforms; a repeat joins the run under way. */
  removePost(input: ErrandInput): Promise<RemoveResult>
  /** Asks the platforms of a post whether they still have it. */
  lookUpPost(input: ErrandInput): Promise<LookResult>
  startConnection(input: ConnectionWorkflowInput): Promise<void>
  connectionChanged(input: ConnectionWorkflowInput): Promise<void>
  refreshConnection(input: ConnectionWorkflowInput, command: Command): Promise<RefreshAnswer>
  validateConnection(input: ConnectionWorkflowInput, command: Command): Promise<ConnectionSummary>
  syncConnection(input: ConnectionWorkflowInput, command: Command): Promise<ConnectionSummary>
  disconnectConnection(input: ConnectionWorkflowInput, command: Command): Promise<ConnectionSummary>
  close(): Promise<void>
}

export interface TemporalOptions {
  /** Longest wait for the answer to a command; default 10,000 ms. */
  commandDeadlineMs?: number
  /** Longest wait of a start that the outbox would repeat anyway; default 2,000 ms. */
  kickDeadlineMs?: number
  connectTimeoutMs?: number
}

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC_DEADLINE_EXCEEDED = 4
const GRPC_NOT_FOUND = 5
const GRPC_RESOURCE_EXHAUSTED = 8
const GRPC_UNAVAILABLE = 14

/** Details of a refused command, as workflows send them. */
const refusal = z.object({
  currentStatus: z.string(),
  allowedActions: z.array(z.string()),
})

/** Connects at the first call, so that the API serves reads while Temporal is down. */
export function makeTemporal(config: TemporalConfig, options: TemporalOptions = {}): Temporal {
  const { commandDeadlineMs = 10_000, kickDeadlineMs = 2_000, connectTimeoutMs = 3_000 } = options
  const connection = Connection.lazy({
    address: config.address,
    connectTimeout: connectTimeoutMs,
    apiKey: config.apiKey,
    tls: tlsOptions(config),
    // No hidden repeats: callers have the outbox or their Idempotency-Key, and want a quick answer.
    interceptors: [],
  })
  const client = new Client({ connection, namespace: config.namespace })
  const soon = <T>(work: () => Promise<T>) => within(connection, kickDeadlineMs, work)

  async function update<R, A extends unknown[]>(
    start: Start,
    definition: UpdateDefinition<R, A>,
    args: A,
    command: Command,
  ): Promise<R> {
    return within(connection, commandDeadlineMs, () =>
      client.workflow.executeUpdateWithStart<Workflow, R, A>(definition, {
        args,
        // Temporal answers a known id with the first result: a repeated request does nothing twice.
        updateId: command.id,
        startWorkflowOperation: new WithStartWorkflowOperation(start.type, start.options),
      }),
    )
  }

  const errand = <R>(type: string, options: ErrandOptions): Promise<R> =>
    within(connection, commandDeadlineMs, () => runErrand<R>(client, type, options))

  // A workflow takes ten Updates at a time: who asks to renew the same token waits for one answer.
  const refreshing = new Map<string, Promise<RefreshAnswer>>()
  function joined(key: string, ask: () => Promise<RefreshAnswer>): Promise<RefreshAnswer> {
    const asking = refreshing.get(key) ?? ask().finally(() => refreshing.delete(key))
    refreshing.set(key, asking)
    return asking
  }

  const changed = (start: Start, signal: typeof postChanged) =>
    soon(() => client.workflow.signalWithStart(start.type, { ...start.options, signal }))

  return {
    ping: async () => {
      await within(connection, kickDeadlineMs, () => connection.workflowService.getSystemInfo({}))
    },
    startPost: async (input) => {
      await soon(() => client.workflow.start('postWorkflow', postStart(input)))
    },
    postChanged: async (input) => {
      await changed(postOf(input), postChanged)
    },
    commandPost: (input, name, args, command) =>
      update(postOf(input), postUpdate(name), [{ ...args, actorId: command.actorId }], command),
    wasDone: (workflowId, commandId) => soon(() => wasDone(client, workflowId, commandId)),
    removePost: (input) => errand<RemoveResult>('removePostWorkflow', errandStart('remove', input)),
    lookUpPost: (input) => errand<LookResult>('lookUpPostWorkflow', errandStart('lookup', input)),
    startConnection: async (input) => {
      await soon(() => client.workflow.start('connectionWorkflow', connectionStart(input)))
    },
    connectionChanged: async (input) => {
      await changed(connectionOf(input), connectionChanged)
    },
    refreshConnection: (input, command) => {
      const { tokenVersion: staleVersion } = input.connection
      const args = { actorId: command.actorId, staleVersion, force: true }
      return joined(`${input.connectionId}:${staleVersion}`, () =>
        update(connectionOf(input), refreshUpdate, [args], command),
      )
    },
    validateConnection: (input, command) =>
      update(connectionOf(input), validateUpdate, [{ actorId: command.actorId }], command),
    syncConnection: (input, command) =>
      update(connectionOf(input), syncUpdate, [{ actorId: command.actorId }], command),
    disconnectConnection: (input, command) =>
      update(connectionOf(input), disconnectUpdate, [{ actorId: command.actorId }], command),
    close: () => connection.close(),
  }
}

type ErrandOptions = ReturnType<typeof errandStart>

/** Joins a run that is under way already. */
async function runErrand<R>(client: Client, type: string, options: ErrandOptions): Promise<R> {
  const handle = await client.workflow.start<(input: ErrandInput) => Promise<R>>(type, options)
  return handle.result()
}

interface Start {
  type: string
  options: ReturnType<typeof postStart> | ReturnType<typeof connectionStart>
}

function postOf(input: PostWorkflowInput): Start {
  return { type: 'postWorkflow', options: postStart(input) }
}

function connectionOf(input: ConnectionWorkflowInput): Start {
  return { type: 'connectionWorkflow', options: connectionStart(input) }
}

async function wasDone(client: Client, workflowId: string, updateId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).getUpdateHandle(updateId).result()
    return true
  } catch (error) {
    // It was carried out and refused: that is not done.
    if (error instanceof WorkflowUpdateFailedError) return false
    if (error instanceof Error && isNotFound(error)) return false
    throw error
  }
}

function isNotFound(error: Error): boolean {
  return error instanceof WorkflowNotFoundError || grpcCode(error) === GRPC_NOT_FOUND
}

/** Runs a call under a deadline; everything it throws is a ClarionError. */
async function within<T>(
  connection: Connection,
  deadlineMs: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await connection.withDeadline(Date.now() + deadlineMs, work)
  } catch (error) {
    throw toProblem(error)
  }
}

/**
 * The question behind each branch: may the server have received it? If so the outcome is pending,
 * and only a repeat with the same id is safe.
 */
function toProblem(error: unknown): ClarionError {
  if (error instanceof WorkflowUpdateFailedError) return toRefusal(error)
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return problem('outcome_pending', { cause: error })
  }
  const code = grpcCode(error)
  if (code === GRPC_DEADLINE_EXCEEDED && !neverConnected(error)) {
    return problem('outcome_pending', { cause: error })
  }
  if (code === GRPC_UNAVAILABLE && !neverConnected(error)) {
    return problem('outcome_pending', { cause: error })
  }
  const isBusy = code === GRPC_RESOURCE_EXHAUSTED
  if (isBusy || code !== undefined || neverConnected(error)) {
    return problem('service_unavailable', { cause: error, retryAfterSeconds: isBusy ? 5 : 2 })
  }
  return problem('internal', { cause: error })
}

/** A refused command is an ApplicationFailure whose type is a code of the catalogue. */
function toRefusal(error: WorkflowUpdateFailedError): ClarionError {
  const { cause } = error
  if (!(cause instanceof ApplicationFailure) || !isErrorCode(cause.type ?? '')) {
    return problem('internal', { cause: error })
  }
  const code = cause.type ?? ''
  if (!isErrorCode(code)) return problem('internal', { cause: error })
  const details = refusal.safeParse(cause.details?.[0])
  return problem(code, {
    cause: error,
    currentStatus: details.data?.currentStatus,
    allowedActions: details.data?.allowedActions,
  })
}

function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code
  return error instanceof Error && error.cause !== undefined ? grpcCode(error.cause) : undefined
}

/** Proof that the request never left: there was no connection to send it on. */
function neverConnected(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const text = error.message
  if (/failed to connect|no connection established|ECONNREFUSED|ENOTFOUND|EAI_AGAIN/i.test(text)) {
    return true
  }
  return neverConnected(error.cause)
}

function tlsOptions(config: TemporalConfig) {
  if (!config.tls) return undefined
  const { ca, cert, key } = config.tlsFiles
  return {
    ...(ca === undefined ? {} : { serverRootCACertificate: readFileSync(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertPair: { crt: readFileSync(cert), key: readFileSync(key) } }),
  }
}
