import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { accounts, rows } from './activity-proxies.ts'
import { connectionCard } from './connection-card.ts'
import { ConnectionProcess } from './connection-process.ts'
import { ConnectionRefresher } from './connection-refresher.ts'
import type { ConnectionSummary, ConnectionWorkflowInput, RefreshArgs } from './contract.ts'
import {
  connectionChanged,
  connectionState,
  disconnectSignal,
  disconnectUpdate,
  refreshSignal,
  refreshUpdate,
  validateUpdate,
} from './contract.ts'
import { SEARCH_ATTRIBUTES as SA } from './search-attributes.ts'

type DisconnectArgs = { actorId?: string | null }

const MAX_REFRESHES_PER_RUN = 500

/** One connection for as long as it exists: the only place that refreshes its token. */
export async function connectionWorkflow(
  input: ConnectionWorkflowInput,
): Promise<ConnectionSummary> {
  const connection = new ConnectionProcess(input.connectionId, input.connection)
  const refresher = new ConnectionRefresher(input, connection)
  const show = makeShow(input, connection)
  listen(input, connection, refresher)
  while (!connection.isOver) {
    show()
    const { refreshAt } = connection
    if (refreshAt !== undefined && refreshAt <= Date.now()) await refresher.refresh()
    else await changeOrDue(connection, refreshAt)
    if (mustStartOver(input, connection)) return startOver(input, connection, refresher)
  }
  show()
  await condition(allHandlersFinished)
  return connection.summary()
}

function listen(
  input: ConnectionWorkflowInput,
  connection: ConnectionProcess,
  refresher: ConnectionRefresher,
): void {
  const { tenantId, connectionId } = input
  const ids = { tenantId, connectionId }
  const readRow = async () => connection.adopt(await rows.loadConnection(ids))
  const disconnect = async (args?: DisconnectArgs | null) => {
    const actorId = args?.actorId ?? null
    // A refresh under way would write its tokens after they were erased, and must not.
    await condition(() => refresher.isIdle)
    connection.adopt(await accounts.disconnectConnection({ ...ids, actorId }))
    return connection.summary()
  }
  const refresh = (args?: RefreshArgs | null) => refresher.answer(args?.staleVersion)
  setHandler(refreshUpdate, refresh)
  setHandler(refreshSignal, (args) => asked(refresh(args)))
  setHandler(validateUpdate, async () => {
    const result = await accounts.validateConnection(ids)
    connection.adopt(result.connection)
    if (result.outcome === 'failed') await refresher.answer(connection.state.tokenVersion)
    return connection.summary()
  })
  setHandler(disconnectUpdate, disconnect)
  setHandler(disconnectSignal, (args) => asked(disconnect(args)))
  setHandler(connectionChanged, readRow)
  setHandler(connectionState, () => connection.state)
}

/** A signal cannot answer: what it asked for may fail, the connection's workflow must not. */
async function asked(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    log.warn('signal failed', { reason: error.message })
  }
}

async function changeOrDue(connection: ConnectionProcess, wakeAt: number | undefined) {
  const { version } = connection
  const changed = () => connection.version !== version
  if (wakeAt === undefined) return condition(changed)
  const summary = `Refresh at ${new Date(wakeAt).toISOString()}`
  await condition(changed, Math.max(1, wakeAt - Date.now()), { summary })
}

function mustStartOver(input: ConnectionWorkflowInput, connection: ConnectionProcess): boolean {
  if (connection.isOver) return false
  const limit = input.maxRefreshesPerRun ?? MAX_REFRESHES_PER_RUN
  return workflowInfo().continueAsNewSuggested || connection.refreshes >= limit
}

async function startOver(
  input: ConnectionWorkflowInput,
  connection: ConnectionProcess,
  refresher: ConnectionRefresher,
): Promise<never> {
  await condition(() => refresher.isIdle && allHandlersFinished())
  return continueAsNew<typeof connectionWorkflow>({ ...input, connection: connection.state })
}

function makeShow(input: ConnectionWorkflowInput, connection: ConnectionProcess): () => void {
  let shown = keyOf(input.connection)
  return () => {
    const { state } = connection
    setCurrentDetails(connectionCard(input.platform, connection))
    if (keyOf(state) === shown) return
    shown = keyOf(state)
    upsertSearchAttributes([
      { key: SA.ConnectionState, value: state.status },
      {
        key: SA.TokenExpiresAt,
        value: state.expiresAt === null ? null : new Date(state.expiresAt),
      },
      { key: SA.NeedsAttention, value: !['active', 'disconnected'].includes(state.status) },
    ])
  }
}

function keyOf(state: { status: string; expiresAt: number | null }): string {
  return `${state.status}|${state.expiresAt}`
}
